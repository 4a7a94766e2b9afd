/** The drawing itself: loaded only when a sweep is opened, because the library is large. */
import { CartesianGrid, ResponsiveContainer, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from "recharts";
import { formatDuration } from "../../../components/format";
import { formatScore, type Measure } from "../../evaluations/scores";
import { type Spot, shareFrame } from "./grid";

const AXIS = { fontSize: 11, fill: "var(--ink-muted)" };

export default function ParetoChart({ spots, measure, name }: { spots: readonly Spot[]; measure: Measure; name: string }) {
  const quality = (value: number) => formatScore(value, measure);
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ScatterChart margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--line)" />
        <XAxis
          dataKey="latency"
          type="number"
          name="median latency"
          domain={["auto", "auto"]}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: "var(--line)" }}
          tickFormatter={formatDuration}
        />
        <YAxis dataKey="quality" type="number" name={name} width={56} domain={measure.scale === "share" ? shareFrame(spots.map((one) => one.quality)) : ["auto", "auto"]} tick={AXIS} tickLine={false} axisLine={false} tickFormatter={quality} />
        <Tooltip
          isAnimationActive={false}
          content={({ payload }) => {
            const spot = payload?.[0]?.payload as Spot | undefined;
            if (!spot) return null;
            return (
              <div className="rounded-lg border border-line bg-surface px-2.5 py-1.5 text-xs">
                <p className="font-medium">{spot.position}: {spot.title}</p>
                <p>{quality(spot.quality)}, {formatDuration(spot.latency)}</p>
              </div>
            );
          }}
        />
        <Scatter data={spots.filter((one) => !one.isOptimal)} shape={ring} isAnimationActive={false} />
        <Scatter
          data={spots.filter((one) => one.isOptimal)}
          shape="diamond"
          fill="var(--accent-ink)"
          line={{ stroke: "var(--accent-ink)", strokeWidth: 1.6 }}
          lineJointType="linear"
          isAnimationActive={false}
        />
      </ScatterChart>
    </ResponsiveContainer>
  );
}

function ring({ cx, cy }: { cx?: number; cy?: number }) {
  return <circle cx={cx} cy={cy} r={4} fill="var(--surface)" stroke="var(--ink-muted)" strokeWidth={1.5} />;
}
