/** The drawing itself: loaded only when a block comes into sight, because the library is large. */
import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatCount } from "../../components/format";
import { frameOf, pointsOf } from "./history";
import type { Comparison } from "./queries";
import { formatDifference } from "./words";

const AXIS = { fontSize: 11, fill: "var(--ink-muted)" };

export default function HistoryChart({ comparison: one }: { comparison: Comparison }) {
  const frame = frameOf(one);
  const format = (value: unknown) => formatDifference(one.kind, typeof value === "number" ? value : null);
  // A single point would be no line.
  const dot = one.history.length === 1 ? { r: 3, fill: "var(--accent-ink)" } : false;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={pointsOf(one.history, frame)} margin={{ top: 6, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="observations"
          type="number"
          domain={["dataMin", "dataMax"]}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: "var(--line)" }}
          minTickGap={40}
          tickFormatter={formatCount}
        />
        <YAxis width={52} tick={AXIS} tickLine={false} axisLine={false} tickCount={5} domain={frame} allowDataOverflow tickFormatter={format} />
        <Tooltip
          isAnimationActive={false}
          contentStyle={{ background: "var(--surface)", border: "1px solid var(--line)", borderRadius: 8, fontSize: 12 }}
          labelFormatter={(value) => `${formatCount(Number(value))} observations`}
          formatter={(value) => (Array.isArray(value) ? value.map(format).join(" to ") : format(value))}
        />
        <Area dataKey="band" name="interval" stroke="var(--accent-ink)" strokeOpacity={0.5} fill="var(--accent-ink)" fillOpacity={0.16} dot={false} activeDot={false} isAnimationActive={false} />
        <Line dataKey="difference" name="difference" stroke="var(--accent-ink)" strokeWidth={1.8} dot={dot} isAnimationActive={false} />
        <ReferenceLine y={0} stroke="var(--ink-muted)" />
      </ComposedChart>
    </ResponsiveContainer>
  );
}
