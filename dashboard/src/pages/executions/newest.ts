/** How a list stays as it is while new executions arrive, and takes them in when asked. */
import type { InfiniteData } from "@tanstack/react-query";
import type { ExecutionPage, Summary } from "./queries";

/** Return what is newer than the first of `shown`; all of `newest` when nothing is shown. */
export function freshOnes(shown: readonly Summary[], newest: readonly Summary[]): Summary[] {
  const top = shown[0]?.id;
  // Ids are UUIDv7: they sort by time.
  return top === undefined ? [...newest] : newest.filter((one) => one.id > top);
}

/** Return the rows as the newest look found them: those that ran may have ended, and inputs may have been erased. */
export function updated(shown: readonly Summary[], newest: readonly Summary[]): Summary[] {
  const found = new Map(newest.map((one) => [one.id, one]));
  return shown.map((one) => found.get(one.id) ?? one);
}

export type Pages = InfiniteData<ExecutionPage, unknown>;

/** Return the pages without what an erased execution was given: they stand still, and must not keep it. */
export function withoutInputs(pages: Pages, id: string): Pages {
  const kept = (one: Summary) => (one.id === id ? { ...one, excerpt: null } : one);
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map(kept) })) };
}

/** Return the pages with new rows before the first. */
export function withFresh(pages: Pages, fresh: readonly Summary[]): Pages {
  const [first, ...rest] = pages.pages;
  if (!first) return pages;
  return { ...pages, pages: [{ ...first, items: [...fresh, ...first.items] }, ...rest] };
}
