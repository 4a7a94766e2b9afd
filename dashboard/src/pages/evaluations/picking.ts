/** Marking evaluations to compare them. */

/** As many as the engine compares at once. */
export const MOST_COMPARED = 8;

/** Return the marked ids with one more or one less; beyond the most, the first one goes. */
export function toggled(picked: readonly string[], id: string): string[] {
  if (picked.includes(id)) return picked.filter((other) => other !== id);
  return [...picked, id].slice(-MOST_COMPARED);
}

/** Return the ids in the order of their start: the first is the baseline. Ids are UUIDv7, which sort by time. */
export function inOrder(picked: readonly string[]): string[] {
  return [...picked].sort();
}

/** Return the ids with one of them as the baseline. */
export function withBaseline(ids: readonly string[], baseline: string): string[] {
  return [baseline, ...ids.filter((id) => id !== baseline)];
}
