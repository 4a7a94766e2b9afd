import { reachOf } from "./history";
import type { Comparison } from "./queries";
import { comparisonInWords } from "./words";

const MIDDLE = 50;

/** The interval as a bar around zero, the estimate as a dot; an end that nothing bounds runs out of the frame. */
export function IntervalBar({ comparison: one }: { comparison: Comparison }) {
  const reach = reachOf(one);
  const at = (value: number) => MIDDLE + (Math.min(1, Math.max(-1, value / reach)) * MIDDLE);
  const low = one.interval && (one.interval.low === null ? 0 : at(one.interval.low));
  const high = one.interval && (one.interval.high === null ? 100 : at(one.interval.high));
  const sides = one.direction === "higher" ? ["worse", "better"] : ["better", "worse"];
  const limit = one.tolerated_loss === null ? null : at(one.direction === "higher" ? -one.tolerated_loss : one.tolerated_loss);
  const colour = one.verdict === "worse" ? "bg-bad" : one.verdict === "better" ? "bg-good" : "bg-accent";
  return (
    <div className="flex flex-col gap-0.5">
      <div role="img" aria-label={comparisonInWords(one)} className="relative h-6 overflow-hidden rounded bg-raised">
        <span className="absolute inset-y-0 w-px bg-line-strong" style={{ left: `${MIDDLE}%` }} />
        {limit !== null && <span className="absolute inset-y-0 border-l-2 border-dashed border-bad" style={{ left: `${limit}%` }} />}
        {low !== null && high !== null && (
          <span className={`absolute inset-y-2 min-w-0.5 rounded-full opacity-60 ${colour}`} style={{ left: `${low}%`, width: `${high - low}%` }} />
        )}
        {one.difference !== null && (
          <span
            className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-surface bg-ink"
            style={{ left: `${at(one.difference)}%` }}
          />
        )}
      </div>
      <div aria-hidden className="grid grid-cols-3 text-xs text-muted">
        <span>← {sides[0]}</span>
        <span className="text-center">0</span>
        <span className="text-right">{sides[1]} →</span>
      </div>
    </div>
  );
}
