/** How scores, intervals and differences are written and drawn. */
import { formatCost, formatCount, formatDuration } from "../../components/format";
import type { Difference, Evaluation, Metric } from "./queries";

/** What a number of a scorer is: a share from 0 to 1, or an amount of something. */
export interface Measure {
  scale: Metric["scale"];
  unit: string;
}

export const SHARE: Measure = { scale: "share", unit: "" };

/** What a scorer's numbers are; plain numbers while no metric says so. */
export function measureOf(evaluation: Evaluation, scorer: string): Measure {
  return evaluation.metrics?.find((metric) => metric.scorer === scorer) ?? { scale: "amount", unit: "" };
}

/** 62.5 %, 1.24 s, $0.002, 1,024 characters; a dash where there is none. */
export function formatScore(value: number | null | undefined, measure: Measure): string {
  if (value === null || value === undefined) return "–";
  const sign = value < 0 ? "−" : "";
  return sign + plain(Math.abs(value), measure);
}

/** +12.5 points, −120 ms: the sign always stands there. Shares differ in points of a hundred. */
export function formatDifference(value: number | null | undefined, measure: Measure): string {
  if (value === null || value === undefined) return "–";
  const sign = value < 0 ? "−" : value > 0 ? "+" : "±";
  const size = Math.abs(value);
  return sign + (measure.scale === "share" ? `${hundredths(size)} points` : plain(size, measure));
}

/** 54.2 to 70.1 %: both ends of an interval with their unit once; those of a difference of shares are points. */
export function formatInterval(low: number | null, high: number | null, measure: Measure, share: "%" | "points" = "%"): string | null {
  if (low === null || high === null) return null;
  if (measure.scale === "share") return `${signedHundredths(low)} to ${signedHundredths(high)} ${share}`;
  return `${formatScore(low, measure)} to ${formatScore(high, measure)}`;
}

/** 0.012; what is smaller than can be told says so. */
export function formatP(p: number | null): string {
  if (p === null) return "–";
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

function plain(value: number, { scale, unit }: Measure): string {
  if (scale === "share") return `${hundredths(value)} %`;
  if (unit === "ms") return formatDuration(value);
  if (unit === "USD") return formatCost(value);
  return `${value < 100 ? Number(value.toFixed(1)) : formatCount(Math.round(value))}${unit ? ` ${unit}` : ""}`;
}

function hundredths(value: number): string {
  return String(Number((value * 100).toFixed(1)));
}

function signedHundredths(value: number): string {
  return (value < 0 ? "−" : "") + hundredths(Math.abs(value));
}

export interface Extent {
  from: number;
  to: number;
}

/** What a scorer's bar goes over: all of it for a share, else from nothing to the largest of `values`. */
export function extentOf(scale: Measure["scale"], values: readonly (number | null)[]): Extent {
  if (scale === "share") return { from: 0, to: 1 };
  const known = values.filter((value) => value !== null);
  return { from: Math.min(0, ...known), to: Math.max(1e-9, ...known) * 1.05 };
}

/** What the bars of each scorer go over in a list of evaluations, by the scorer's lock. */
export function extentsOf(evaluations: readonly Pick<Evaluation, "metrics">[]): ReadonlyMap<string, Extent> {
  const metrics = evaluations.flatMap((one) => one.metrics ?? []);
  const ends = new Map<string, (number | null)[]>();
  for (const { lock_digest: lock, high, mean } of metrics) ends.set(lock, [...(ends.get(lock) ?? []), high, mean]);
  return new Map(metrics.map(({ lock_digest: lock, scale }) => [lock, extentOf(scale, ends.get(lock) ?? [])]));
}

/** What bars of differences go over: as far to one side of zero as to the other, `least` at the least. */
export function extentAround(differences: readonly Pick<Difference, "low" | "high" | "difference">[], least = 1e-9): Extent {
  const ends = differences.flatMap(({ low, high, difference }) => [low, high, difference]).filter((end) => end !== null);
  const far = Math.max(least, ...ends.map(Math.abs)) * 1.1;
  return { from: -far, to: far };
}

/** Where a value lies in an extent, from 0 to 1. */
export function placeIn({ from, to }: Extent, value: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

export const VERDICTS: Record<Difference["verdict"], string> = {
  better: "better",
  worse: "worse",
  undecided: "not shown either way",
};

/** The reasons of all metrics why rows have no score, the most frequent first. */
export function failuresOf(metrics: readonly Metric[]): { scorer: string; code: string; rows: number }[] {
  return metrics
    .flatMap(({ scorer, failures }) => Object.entries(failures).map(([code, rows]) => ({ scorer, code, rows })))
    .sort((one, other) => other.rows - one.rows);
}
