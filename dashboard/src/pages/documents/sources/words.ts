/** Sources and their readings in words. */
import { formatCount } from "../../../components/format";
import type { Source, SourceKind, SourceRun } from "./queries";

const UNITS = [
  ["days", 86_400, "day", "d"],
  ["hours", 3_600, "hour", "h"],
  ["minutes", 60, "minute", "min"],
  ["seconds", 1, "second", "s"],
] as const;
export type Unit = (typeof UNITS)[number][0];

export const UNIT_SECONDS: Readonly<Record<Unit, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** Return an interval as a number of its largest whole unit: 7,200 seconds are 2 hours. */
export function intervalOf(seconds: number): { number: number; unit: Unit } {
  const [unit, length] = UNITS.find(([, size]) => seconds % size === 0) ?? UNITS[3];
  return { number: seconds / length, unit };
}

/** "every 2 h", "every minute"; "on demand" without a schedule. */
export function scheduleWords(seconds: number | null): string {
  if (seconds === null) return "on demand";
  const { number, unit } = intervalOf(seconds);
  const [, , one, short] = UNITS.find(([name]) => name === unit) ?? UNITS[3];
  return number === 1 ? `every ${one}` : `every ${number} ${short}`;
}

/** Where a source is, in one line: the member of its settings that its kind calls the place. */
export function placeWords({ settings }: Pick<Source, "settings">, kind: Pick<SourceKind, "place"> | undefined): string {
  const [name] = kind === undefined ? Object.keys(settings) : [kind.place];
  const place: unknown = name === undefined ? undefined : settings[name];
  const places = (Array.isArray(place) ? place : [place]).filter((one) => one !== undefined && one !== null).map(String);
  const more = places.length - 1;
  return more > 0 ? `${places[0]} and ${more} more` : (places[0] ?? otherPlace(settings));
}

/** Some kinds are found by another member alone, such as pages by their sitemaps. */
function otherPlace(settings: Source["settings"]): string {
  const found = Object.values(settings).flat().find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : "";
}

const COUNTED = ["added", "changed", "unchanged", "removed", "failed"] as const;

/** "3 added, 1 failed"; "nothing there" for a source that is empty. */
export function countWords(run: Pick<SourceRun, (typeof COUNTED)[number]>): string {
  const words = COUNTED.filter((name) => run[name] > 0).map((name) => `${formatCount(run[name])} ${name}`);
  return words.join(", ") || "nothing there";
}

export function isUnderWay(run: Pick<SourceRun, "state"> | null): boolean {
  return run !== null && (run.state === "queued" || run.state === "running");
}

export type Outcome = "waiting" | "reading" | "whole" | "partly" | "failed" | "cancelled";

/** How a reading came out; one that is whole may have met documents that it could not read. */
export function outcomeOf(run: Pick<SourceRun, "state" | "failed">): Outcome {
  switch (run.state) {
    case "queued":
      return "waiting";
    case "running":
      return "reading";
    case "succeeded":
      return run.failed > 0 ? "partly" : "whole";
    default:
      return run.state;
  }
}

/** "12 of 40 looked at"; a source is listed first, and until then nobody knows how much there is. */
export function progressWords(run: Pick<SourceRun, "state" | "progress_done" | "progress_total">): string {
  if (run.state === "queued") return "waits for its turn";
  if (run.progress_total === 0) return "listing what is there";
  return `${formatCount(run.progress_done)} of ${formatCount(run.progress_total)} looked at`;
}
