/** The interval over observations, as a chart draws it. */
import type { Comparison } from "./queries";
import { formatDifference, formatInterval } from "./words";

type Checkpoint = Comparison["history"][number];

export interface Point {
  observations: number;
  difference: number;
  /** Where the band begins and ends in the picture: ends beyond the frame are cut off at it. */
  band: [number, number];
}

/** This much of the observations decides how far the picture reaches: the first intervals are far too wide. */
const SETTLED_FROM = 0.25;
const MARGIN = 1.1;

/** Return what the vertical axis shows: zero, the estimates, and the intervals but for the first ones. */
export function frameOf({ history, kind }: Pick<Comparison, "history" | "kind">): [number, number] {
  const last = history.at(-1)?.observations ?? 0;
  const settled = history.filter((one) => one.observations >= last * SETTLED_FROM);
  const ends = settled.flatMap(({ difference, interval }) => [difference, interval.low ?? difference, interval.high ?? difference]);
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const most = kind === "binary" ? 1 : Number.POSITIVE_INFINITY; // Rates differ by 100 points at the most.
  return low === high ? [-1, 1] : [Math.max(-most, low * MARGIN), Math.min(most, high * MARGIN)];
}

export function pointsOf(history: readonly Checkpoint[], [low, high]: [number, number]): Point[] {
  const inside = (value: number) => Math.min(high, Math.max(low, value));
  return history.map(({ observations, difference, interval }) => ({
    observations,
    difference: inside(difference),
    band: [inside(interval.low ?? low), inside(interval.high ?? high)],
  }));
}

export function historyInWords(one: Comparison): string {
  const [first, last] = [one.history.at(0), one.history.at(-1)];
  if (!first || !last) return `${one.metric} of ${one.arm}: no course yet`;
  const word = (point: Checkpoint) =>
    `${formatDifference(one.kind, point.difference)} (${formatInterval(one.kind, point.interval)}) at ${point.observations} observations`;
  return `${one.metric} of ${one.arm} less the control: first ${word(first)}, last ${word(last)}`;
}

/** How far a bar around zero reaches to each side. */
export function reachOf(one: Comparison): number {
  const ends = [one.difference, one.interval?.low, one.interval?.high, one.tolerated_loss];
  const reach = Math.max(...ends.map((end) => Math.abs(end ?? 0)));
  return reach === 0 ? 1 : reach * MARGIN;
}
