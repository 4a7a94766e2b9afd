import { formatMoment } from "../../components/format";
import { formatValue, type Line } from "./charts";
import type { Metric } from "./queries";

/** A chart's numbers, the newest first; steps that nobody measured are left out. */
export function ChartTable({ title, metric, times, lines }: {
  title: string;
  metric: Metric;
  times: readonly string[];
  lines: readonly Line[];
}) {
  const rows = times
    .map((time, index) => ({ time, values: lines.map((line) => line.values[index] ?? null) }))
    .filter((row) => row.values.some((value) => value !== null))
    .toReversed();
  return (
    <div role="region" aria-label={`${title} as a table`} tabIndex={0} className="h-51 overflow-auto">
      <table className="w-full border-collapse text-xs">
        <caption className="sr-only">
          {title} in {metric.unit}
        </caption>
        <thead className="sticky top-0 bg-surface text-left text-muted">
          <tr>
            <th scope="col" className="py-1 pr-3 font-medium">
              From
            </th>
            {lines.map((line) => (
              <th key={line.key} scope="col" className="py-1 pl-3 text-right font-medium">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.time} className="border-t border-line">
              <th scope="row" className="py-1 pr-3 text-left font-normal text-muted md:whitespace-nowrap">
                <time dateTime={row.time}>{formatMoment(row.time)}</time>
              </th>
              {row.values.map((value, index) => (
                <td key={lines[index]!.key} className="py-1 pl-3 text-right">
                  {formatValue(metric.metric, value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
