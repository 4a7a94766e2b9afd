/** What the parts of the form share. */
import type { Draft } from "./draft";

export interface PartProps {
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
}

/** Return a list with one item changed. */
export function replaced<Item>(items: readonly Item[], place: number, changes: Partial<Item>): Item[] {
  return items.map((item, at) => (at === place ? { ...item, ...changes } : item));
}

export function without<Item>(items: readonly Item[], place: number): Item[] {
  return items.filter((_, at) => at !== place);
}
