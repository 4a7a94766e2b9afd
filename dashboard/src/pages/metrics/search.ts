/** What of the metrics page stands in the URL. */
import { oneOf, text } from "../../app/search";

export const RANGES = ["15m", "1h", "6h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];
export const DEFAULT_RANGE: Range = "1h";

export const RANGE_WORDS: Record<Range, string> = {
  "15m": "15 minutes",
  "1h": "1 hour",
  "6h": "6 hours",
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
};

const MINUTE = 60_000;
const LENGTHS: Record<Range, number> = {
  "15m": 15 * MINUTE,
  "1h": 60 * MINUTE,
  "6h": 6 * 60 * MINUTE,
  "24h": 24 * 60 * MINUTE,
  "7d": 7 * 24 * 60 * MINUTE,
  "30d": 30 * 24 * 60 * MINUTE,
};

export interface MetricSearch {
  range?: Range | undefined;
  /** `METHOD /template`: requests and latency of this route only. */
  route?: string | undefined;
}

export function metricSearch(search: Record<string, unknown>): MetricSearch {
  const range = oneOf(search, "range", RANGES);
  return { range: range === DEFAULT_RANGE ? undefined : range, route: text(search, "route") };
}

export function startOf(range: Range, now: number): string {
  return new Date(now - LENGTHS[range]).toISOString();
}

/** How often a chart of this range is worth fetching again, in milliseconds. */
export function refreshOf(range: Range): number {
  return LENGTHS[range] <= LENGTHS["6h"] ? 10_000 : 60_000;
}
