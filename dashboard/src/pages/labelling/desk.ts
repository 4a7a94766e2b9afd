/** The rows on a person's desk: which is judged now, which come next, and how to take the last verdict up again. */
import type { Item, Queue } from "./queries";

export interface Judged {
  item: Item;
  passed: boolean;
}

export interface Desk {
  /** The first one is judged now. */
  waiting: readonly Item[];
  /** What was judged here, the newest last. */
  judged: readonly Judged[];
  /** Passed over for now; they come again at the end. */
  skipped: readonly number[];
  /** The verdict that is taken up again: it stands until there is another. */
  again: Judged | null;
  labelled: number;
  left: number;
  isLoaded: boolean;
}

export const EMPTY_DESK: Desk = { waiting: [], judged: [], skipped: [], again: null, labelled: 0, left: 0, isLoaded: false };

export type Step =
  | { kind: "received"; queue: Queue }
  | { kind: "judged"; passed: boolean }
  | { kind: "failed"; item: Item; earlier: Judged | null }
  | { kind: "skipped" }
  | { kind: "undone" };

export function next(desk: Desk, step: Step): Desk {
  switch (step.kind) {
    case "received":
      return received(desk, step.queue);
    case "judged":
      return judged(desk, step.passed);
    case "failed":
      return failed(desk, step.item, step.earlier);
    case "skipped":
      return skipped(desk);
    case "undone":
      return undone(desk);
  }
}

/** How many rows wait here that were not passed over. */
export function fresh(desk: Desk): number {
  return desk.waiting.filter((item) => !desk.skipped.includes(item.position)).length;
}

/** Put new rows after the fresh ones, before those that were passed over. */
function received(desk: Desk, queue: Queue): Desk {
  const known = new Set([...desk.waiting, ...desk.judged.map((one) => one.item)].map((item) => item.position));
  const added = queue.items.filter((item) => !known.has(item.position));
  const isSkipped = (item: Item) => desk.skipped.includes(item.position);
  const waiting = [...desk.waiting.filter((item) => !isSkipped(item)), ...added, ...desk.waiting.filter(isSkipped)];
  // The server's counts stand at first; from then on verdicts on their way would be missing from them.
  const counts = desk.isLoaded ? { left: desk.left } : { labelled: queue.labelled, left: queue.left };
  return { ...desk, ...counts, waiting, isLoaded: true };
}

function judged(desk: Desk, passed: boolean): Desk {
  const [item, ...waiting] = desk.waiting;
  if (item === undefined) return desk;
  return {
    ...desk,
    waiting,
    judged: [...desk.judged, { item, passed }],
    skipped: desk.skipped.filter((position) => position !== item.position),
    again: null,
    labelled: desk.labelled + 1,
    left: desk.left - 1,
  };
}

/** A verdict that did not arrive: an earlier one stands, else its row comes after the one that is read now. */
function failed(desk: Desk, item: Item, earlier: Judged | null): Desk {
  const judged = desk.judged.flatMap((one) => (one.item.position !== item.position ? [one] : earlier ? [earlier] : []));
  if (earlier !== null) return { ...desk, judged };
  const [now, ...later] = desk.waiting;
  return {
    ...desk,
    judged,
    waiting: now ? [now, item, ...later] : [item],
    labelled: desk.labelled - 1,
    left: desk.left + 1,
  };
}

function skipped(desk: Desk): Desk {
  const [item, ...waiting] = desk.waiting;
  if (item === undefined) return desk;
  if (desk.again !== null) {
    return { ...desk, waiting, judged: [...desk.judged, desk.again], again: null, labelled: desk.labelled + 1, left: desk.left - 1 };
  }
  return { ...desk, waiting: [...waiting, item], skipped: [...desk.skipped.filter((one) => one !== item.position), item.position] };
}

function undone(desk: Desk): Desk {
  const last = desk.judged.at(-1);
  if (last === undefined || desk.again !== null) return desk;
  return {
    ...desk,
    waiting: [last.item, ...desk.waiting],
    judged: desk.judged.slice(0, -1),
    again: last,
    labelled: desk.labelled - 1,
    left: desk.left + 1,
  };
}
