/** The lines on the page: what has come, what waits to be shown, and where some are missing. */
import type { Schema } from "../../api/client";
import { formatDuration } from "../../components/format";

export type LogLine = Schema<"LogLine">;

/** A place where lines are missing; null when nobody knows how many. */
export interface Gap {
  gap: number | null;
  id: string;
}

export type Entry = LogLine | Gap;

export interface Tail {
  /** The newest first. */
  shown: readonly Entry[];
  /** What came while the list was held; the newest first. */
  waiting: readonly Entry[];
  held: boolean;
}

export type Change =
  | { type: "arrived"; entries: readonly Entry[] }
  | { type: "hold"; held: boolean }
  | { type: "release" }
  | { type: "clear" };

/** More than this is not kept: the oldest are asked for again when somebody scrolls there. */
export const MOST_ENTRIES = 5_000;
export const EMPTY_TAIL: Tail = { shown: [], waiting: [], held: false };

export function isGap(entry: Entry): entry is Gap {
  return "gap" in entry;
}

export function tailReducer(tail: Tail, change: Change): Tail {
  switch (change.type) {
    case "arrived": {
      const newest = change.entries.toReversed();
      if (tail.held) return { ...tail, waiting: limited([...newest, ...tail.waiting]) };
      return { ...tail, shown: limited([...newest, ...tail.shown]) };
    }
    case "hold":
      return change.held ? { ...tail, held: true } : released({ ...tail, held: false });
    case "release":
      return released(tail);
    case "clear":
      return { ...EMPTY_TAIL, held: tail.held };
  }
}

function released(tail: Tail): Tail {
  if (tail.waiting.length === 0) return tail;
  return { ...tail, shown: limited([...tail.waiting, ...tail.shown]), waiting: [] };
}

/** The newest entries; what falls out at the end leaves a gap behind. */
function limited(entries: readonly Entry[]): readonly Entry[] {
  if (entries.length <= MOST_ENTRIES) return entries;
  const kept = entries.slice(0, MOST_ENTRIES);
  const lost = entries.slice(MOST_ENTRIES).reduce<number | null>(
    (sum, entry) => (sum === null || (isGap(entry) && entry.gap === null) ? null : sum + (isGap(entry) ? (entry.gap ?? 0) : 1)),
    0,
  );
  return [...kept, { gap: lost, id: "cut" }];
}

/** How many lines an entry stands for, at the least. */
export function countOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + (isGap(entry) ? (entry.gap ?? 0) : 1), 0);
}

/** The entries of a list whose older part was fetched and whose newer part came live, without doubles. */
export function joined(live: readonly Entry[], fetched: readonly LogLine[]): readonly Entry[] {
  const newest = fetched[0];
  if (newest === undefined) return live;
  return [...live.filter((entry) => isGap(entry) || Number(entry.id) > Number(newest.id)), ...fetched];
}

/** A line's fields in one line of text; requests read as people write them. */
export function summary(line: LogLine): string {
  const { method, path, status, duration_ms: duration, ...rest } = line.fields;
  if (line.event === "request" && typeof method === "string" && typeof path === "string") {
    const took = typeof duration === "number" ? ` · ${formatDuration(duration)}` : "";
    return `${method} ${path} → ${String(status)}${took}`;
  }
  const all = { method, path, status, duration_ms: duration, ...rest };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${shortValue(value)}`)
    .join("  ");
}

function shortValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}

/** The time of day to the millisecond, in the person's own time zone. */
export function timeOfDay(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
