import { formatCount } from "../../components/format";
import type { Comparison } from "./queries";
import { formatDifference, formatInterval } from "./words";

/** The course of an interval in numbers, the newest first. */
export function HistoryTable({ comparison: one }: { comparison: Comparison }) {
  const title = `Course of ${one.metric} (${one.role}) of ${one.arm}`;
  return (
    <div role="region" aria-label={title} tabIndex={0} className="h-44 overflow-auto">
      <table className="w-full border-collapse text-xs">
        <caption className="sr-only">{title}, in {one.kind === "binary" ? "percentage points" : "the metric's unit"}</caption>
        <thead className="sticky top-0 bg-surface text-left text-muted">
          <tr>
            <th scope="col" className="py-1 pr-3 font-medium">Observations</th>
            <th scope="col" className="py-1 pl-3 text-right font-medium">Difference</th>
            <th scope="col" className="py-1 pl-3 text-right font-medium">Interval</th>
          </tr>
        </thead>
        <tbody>
          {one.history.toReversed().map((point) => (
            <tr key={point.observations} className="border-t border-line">
              <th scope="row" className="py-1 pr-3 text-left font-normal text-muted">{formatCount(point.observations)}</th>
              <td className="py-1 pl-3 text-right">{formatDifference(one.kind, point.difference)}</td>
              <td className="py-1 pl-3 text-right">{formatInterval(one.kind, point.interval)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
