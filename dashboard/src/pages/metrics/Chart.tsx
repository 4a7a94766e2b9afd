/** The drawing itself: loaded only when a chart comes into sight, because the library is large. */
import { Area, CartesianGrid, ComposedChart, Line as Stroke, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatMoment } from "../../components/format";
import { formatAxis, formatTick, formatValue, type Line, lonelySteps, pointsOf, withoutNothing } from "./charts";
import { strokeOf } from "./colours";
import type { MetricName } from "./queries";

interface ChartProps {
  metric: MetricName;
  times: readonly string[];
  lines: readonly Line[];
  isStacked: boolean;
}

interface Dot {
  cx?: number;
  cy?: number;
  index?: number;
}

const AXIS = { fontSize: 11, fill: "var(--ink-muted)" };

export default function Chart({ metric, times, lines, isStacked }: ChartProps) {
  const span = (Date.parse(times.at(-1)!) - Date.parse(times[0]!)) / 1000;
  const drawn = isStacked ? lines.map(withoutNothing) : lines;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={pointsOf(times, drawn)} margin={{ top: 6, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="time"
          type="number"
          scale="time"
          domain={["dataMin", "dataMax"]}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: "var(--line)" }}
          minTickGap={48}
          tickFormatter={(value: number) => formatTick(value, span)}
        />
        <YAxis
          width={58}
          tick={AXIS}
          tickLine={false}
          axisLine={false}
          tickCount={4}
          domain={[0, "auto"]}
          allowDecimals={metric !== "queue" && metric !== "running"}
          tickFormatter={(value: number) => formatAxis(metric, value)}
        />
        <Tooltip
          isAnimationActive={false}
          contentStyle={{ background: "var(--surface)", border: "1px solid var(--line)", borderRadius: 8, fontSize: 12 }}
          labelFormatter={(value) => formatMoment(new Date(Number(value)).toISOString())}
          formatter={(value) => formatValue(metric, typeof value === "number" ? value : null)}
        />
        {drawn.map((line, index) => {
          const { colour, dash } = strokeOf(line, index);
          const lonely = lonelySteps(line);
          const shared = {
            dataKey: line.key, name: line.name, stroke: colour, strokeWidth: 1.6, isAnimationActive: false,
            dot: ({ cx, cy, index: step }: Dot) =>
              lonely.has(step ?? -1) ? <circle key={step} cx={cx} cy={cy} r={2} fill={colour} /> : <g key={step} />, type: "linear" as const, ...(dash ? { strokeDasharray: dash } : {}),
          };
          return isStacked ? (
            <Area key={line.key} {...shared} stackId="all" fill={colour} fillOpacity={0.14} />
          ) : (
            <Stroke key={line.key} {...shared} />
          );
        })}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
