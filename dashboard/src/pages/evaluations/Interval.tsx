import { type Extent, formatInterval, formatScore, type Measure, placeIn } from "./scores";

interface IntervalProps {
  value: number | null;
  low: number | null;
  high: number | null;
  extent: Extent;
  measure: Measure;
  /** How it is told where it can't be seen, such as "exact: 62.5 %"; the interval is added. */
  label: string;
  /** It is a difference: draws a line at zero. */
  hasZero?: boolean;
}

/** A number and its 95 % interval as a bar; the numbers stand beside it. */
export function Interval({ value, low, high, extent, measure, label, hasZero = false }: IntervalProps) {
  const percent = (at: number) => `${placeIn(extent, at) * 100}%`;
  const ends = formatInterval(low, high, measure, hasZero ? "points" : "%");
  return (
    <span role="img" aria-label={ends === null ? label : `${label}, 95 % interval ${ends}`} className="relative block h-4 w-full min-w-12">
      <span className="absolute inset-x-0 top-1/2 h-px bg-line" />
      {hasZero && <span className="absolute inset-y-0 w-px bg-line-strong" style={{ left: percent(0) }} />}
      {low !== null && high !== null && (
        <span
          className="absolute top-1/2 h-1.5 min-w-0.5 -translate-y-1/2 rounded-full bg-accent opacity-45"
          style={{ left: percent(low), width: `${(placeIn(extent, high) - placeIn(extent, low)) * 100}%` }}
        />
      )}
      {value !== null && (
        <span className="absolute top-1/2 h-3 w-1 -translate-x-1/2 -translate-y-1/2 rounded-full bg-accent-ink" style={{ left: percent(value) }} />
      )}
    </span>
  );
}

/** A scorer's mean and its bar, small enough for a list. */
export function SmallMetric({ scorer, measure, mean, low, high, extent }: {
  scorer: string;
  measure: Measure;
  mean: number | null;
  low: number | null;
  high: number | null;
  extent: Extent;
}) {
  const shown = formatScore(mean, measure);
  return (
    <span className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-2 @3xl:grid-cols-[minmax(0,1fr)_3.5rem_4.5rem]">
      <span className="truncate text-xs text-muted" title={scorer}>{scorer}</span>
      <span className="@max-3xl:hidden"><Interval value={mean} {...{ low, high, extent, measure }} label={`${scorer}: ${shown}`} /></span>
      <span className="text-right text-xs whitespace-nowrap">{shown}</span>
    </span>
  );
}
