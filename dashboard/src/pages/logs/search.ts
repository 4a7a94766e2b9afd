/** What of the log page stands in the URL. */
import { CLIENT } from "../../api/clientName";
import { flag, oneOf, text, whole } from "../../app/search";

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** The conditions that the engine is asked with. */
export interface LogFilter {
  level?: Level | undefined;
  q?: string | undefined;
  event?: string | undefined;
  request?: string | undefined;
  trace?: string | undefined;
  /** Show also what the dashboard reads for its own pages. */
  own?: true | undefined;
}

export interface LogSearch extends LogFilter {
  /** The line whose fields are open. */
  line?: number | undefined;
  paused?: true | undefined;
}

export function logSearch(search: Record<string, unknown>): LogSearch {
  return {
    level: oneOf(search, "level", LEVELS),
    q: text(search, "q"),
    event: text(search, "event"),
    request: text(search, "request"),
    trace: text(search, "trace"),
    own: flag(search, "own"),
    line: whole(search, "line"),
    paused: flag(search, "paused"),
  };
}

export function filterOf({ level, q, event, request, trace, own }: LogSearch): LogFilter {
  return { level, q, event, request, trace, own };
}

/** Who asks for one request or trace wants each of its lines. */
function isExact(filter: LogFilter): boolean {
  return filter.request !== undefined || filter.trace !== undefined;
}

/** The filter as the engine's query parameters. */
export function parametersOf(filter: LogFilter) {
  return {
    level: filter.level ?? null,
    text: filter.q ?? null,
    event: filter.event ?? null,
    request_id: filter.request ?? null,
    trace_id: filter.trace ?? null,
    without_reads_of: filter.own || isExact(filter) ? null : CLIENT,
  };
}

/** The path of the stream that goes on after the line `after`; without one, from now on. */
export function streamPath(filter: LogFilter, after: string | undefined): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parametersOf(filter))) {
    if (value !== null) query.set(name, value);
  }
  if (after !== undefined) query.set("after", after);
  const text = query.toString();
  return `/api/v1/logs/stream${text && `?${text}`}`;
}
