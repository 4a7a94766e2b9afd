/** What the URLs of an artifact's pages hold. */
import { flag, oneOf, text } from "../../app/search";

type Search = Record<string, unknown>;

/** `version` is a number or a label, on every tab; left out, it is the latest. */
export function versionSearch(search: Search): { version?: string | undefined } {
  return { version: text(search, "version") };
}

export interface CompareSearch {
  /** The older side, a number or a label. */
  from?: string | undefined;
  to?: string | undefined;
  view?: "split" | undefined;
  /** Shows what did not change, too. */
  all?: true | undefined;
}

export function compareSearch(search: Search): CompareSearch {
  return {
    from: text(search, "from"),
    to: text(search, "to"),
    view: oneOf(search, "view", ["split"]),
    all: flag(search, "all"),
  };
}

export function movesSearch(search: Search): { label?: string | undefined } {
  return { label: text(search, "label") };
}
