/** The drawing itself: loaded only when a sweep is opened, because the library is large. */
import { CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { SHARE, formatScore } from "../../evaluations/scores";
import { strokeOf } from "../../metrics/colours";
import type { RiskCoverage } from "./queries";

export interface Curve {
  position: number;
  title: string;
  points: NonNullable<RiskCoverage["points"]>;
  auroc: number | null;
}

const AXIS = { fontSize: 11, fill: "var(--ink-muted)" };
const share = (value: unknown) => formatScore(typeof value === "number" ? value : null, SHARE);

export default function RiskChart({ curves }: { curves: readonly Curve[] }) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="coverage"
          type="number"
          domain={[0, 1]}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: "var(--line)" }}
          tickFormatter={share}
          allowDuplicatedCategory={false}
        />
        <YAxis type="number" width={52} domain={[0, 1]} tick={AXIS} tickLine={false} axisLine={false} tickFormatter={share} />
        <Tooltip
          isAnimationActive={false}
          contentStyle={{ background: "var(--surface)", border: "1px solid var(--line)", borderRadius: 8, fontSize: 12 }}
          labelFormatter={(value) => `${share(Number(value))} answered`}
          formatter={(value) => `${share(value)} wrong`}
        />
        <Legend wrapperStyle={{ fontSize: 12 }} formatter={(name: string) => <span className="text-ink">{name}</span>} />
        {curves.map(({ position, title, points }, index) => {
          const { colour, dash } = strokeOf({ key: String(position) }, index);
          return (
            <Line
              key={position}
              data={points}
              dataKey="risk"
              name={`${position}: ${title}`}
              stroke={colour}
              strokeWidth={1.8}
              type="linear"
              dot={{ r: 2.5, fill: colour, strokeDasharray: "0" }}
              isAnimationActive={false}
              {...(dash ? { strokeDasharray: dash } : {})}
            />
          );
        })}
      </LineChart>
    </ResponsiveContainer>
  );
}
