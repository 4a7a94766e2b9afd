/** Which charts there are, and how their numbers are written. */
import { formatBytes, formatDuration } from "../../components/format";
import type { History, Metric, MetricName } from "./queries";

export interface ChartKind {
  metric: MetricName;
  title: string;
  description: string;
  /** Said when nothing of the kind happened in the range. */
  nothing: string;
  /** Areas that add up, instead of lines. */
  isStacked?: boolean;
}

export const CHARTS: readonly ChartKind[] = [
  { metric: "requests", title: "Requests", description: "Answered a second, by class of status", nothing: "Nobody asked the engine for anything.", isStacked: true },
  { metric: "latency", title: "Latency", description: "Of requests; of streams, to their first byte", nothing: "Nobody asked the engine for anything." },
  { metric: "tokens", title: "Tokens", description: "Read and written by models, a second", nothing: "No model ran. Run a prompt to see its tokens here.", isStacked: true },
  { metric: "first_token", title: "Time to first token", description: "Of model calls, waiting included", nothing: "No model ran. Run a prompt to see how soon it answers." },
  { metric: "queue", title: "Queues", description: "Longest in each step", nothing: "Nothing was measured." },
  { metric: "running", title: "Running executions", description: "At once, by kind", nothing: "Nothing ran since the server started." },
  { metric: "executions", title: "Ended executions", description: "A second, by outcome", nothing: "No execution ended.", isStacked: true },
  { metric: "caches", title: "Caches", description: "Looked up a second: there, or not", nothing: "Nothing was looked up. Strategies that keep answers do.", isStacked: true },
  { metric: "memory", title: "Memory", description: "Resident, of the server process without models and workers", nothing: "Nothing was measured." },
  { metric: "cpu", title: "Processor", description: "Cores used by the server process", nothing: "Nothing was measured." },
];

export interface Line {
  key: string;
  name: string;
  values: readonly (number | null)[];
}

const NAMES: Record<string, string> = {
  "1xx": "1xx informed", "2xx": "2xx succeeded", "3xx": "3xx redirected", "4xx": "4xx refused", "5xx": "5xx failed",
  p50: "median", p95: "95th percentile", p99: "99th percentile", input: "read", output: "written",
  model: "requests for the local model", jobs: "jobs", "audit log": "entries for the audit log",
  "answers hit": "answers given again", "answers miss": "answers found anew",
};

export function linesOf(metric: Metric): Line[] {
  return metric.series.map((series) => {
    const key = Object.values(series.labels).join(" ");
    return { key, name: NAMES[key] ?? key, values: series.values };
  });
}

/** Rows as a chart takes them: the time, and one number a line. */
export function pointsOf(times: readonly string[], lines: readonly Line[]): Record<string, number | null>[] {
  return times.map((time, index) => ({
    time: Date.parse(time),
    ...Object.fromEntries(lines.map((line) => [line.key, line.values[index] ?? null])),
  }));
}

export function formatValue(metric: MetricName, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  switch (metric) {
    case "latency":
    case "first_token":
      return formatDuration(value * 1000);
    case "memory":
      return formatBytes(value);
    case "queue":
    case "running":
      return String(Math.round(value));
    case "cpu":
      return value.toFixed(2);
    default:
      return value === 0 ? "0" : value < 1 ? value.toPrecision(2) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  }
}

/** A round number on the axis: as short as it can be. */
export function formatAxis(metric: MetricName, value: number): string {
  if (value === 0) return "0";
  if (metric === "latency" || metric === "first_token") return formatDuration(Number((value * 1000).toPrecision(2))).replace(/\.0+ /, " ");
  if (metric === "memory") return formatBytes(value).replace(/\.0 /, " ");
  return String(Number(value.toPrecision(2)));
}

/** Steps whose neighbours nobody measured: a line has no stroke there, only a dot. */
export function lonelySteps(line: Line): ReadonlySet<number> {
  const has = (index: number) => (line.values[index] ?? null) !== null;
  return new Set(line.values.flatMap((_, index) => (has(index) && !has(index - 1) && !has(index + 1) ? [index] : [])));
}

/** Return a line without its zeros: on top of a stack, a line of nothing looks as high as what is below it. */
export function withoutNothing(line: Line): Line {
  return { ...line, values: line.values.map((value) => value || null) };
}

/** The newest step that a server has finished; the one after it is still filling. */
export function latest(line: Line): number | null {
  return line.values.findLast((value) => value !== null) ?? null;
}

export function peak(line: Line): number | null {
  return line.values.reduce<number | null>((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
}

/** One sentence that says what a chart shows, for those who don't see it. */
export function chartInWords(title: string, metric: Metric, lines: readonly Line[]): string {
  const parts = lines.map((line) => {
    return `${line.name} now ${formatValue(metric.metric, latest(line))}, at most ${formatValue(metric.metric, peak(line))}`;
  });
  return `${title} in ${metric.unit}: ${parts.join("; ")}.`;
}

export function isEmpty(history: History): boolean {
  return history.metrics.every((metric) => metric.series.length === 0);
}

/** A moment on the axis: the time of day, or the day where a range is longer than one. */
export function formatTick(milliseconds: number, spanSeconds: number): string {
  const at = new Date(milliseconds);
  if (spanSeconds > 2 * 86_400) return at.toLocaleDateString("en", { month: "short", day: "numeric" });
  return at.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
