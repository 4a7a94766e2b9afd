/** What the URLs of the experiment pages hold. */
import { oneOf, text } from "../../app/search";
import { isObject } from "../../components/schema/fields";
import { type Draft, EMPTY_DRAFT, readDraft } from "./draft";

type Search = Record<string, unknown>;

/** `artifact` is the name of a prompt. */
export function listSearch(search: Search): { artifact?: string | undefined } {
  return { artifact: text(search, "artifact") };
}

export interface ExperimentSearch {
  /** Intervals over time as tables instead of charts. */
  view?: "table" | undefined;
  /** The dialog that is open. */
  ask?: "stop" | "promote" | "start" | undefined;
  /** The arm that is about to be promoted. */
  arm?: string | undefined;
}

export function experimentSearch(search: Search): ExperimentSearch {
  return {
    view: oneOf(search, "view", ["table"]),
    ask: oneOf(search, "ask", ["stop", "promote", "start"]),
    arm: text(search, "arm"),
  };
}

/** The form as it is filled in; what is as in an empty one is left out of the URL. */
export function newSearch(search: Search): { draft?: Partial<Draft> | undefined } {
  return { draft: isObject(search.draft) ? changed(readDraft(search.draft)) : undefined };
}

/** Return what a draft has other than an empty one; undefined when there is nothing. */
export function changed(draft: Draft): Partial<Draft> | undefined {
  const entries = Object.entries(draft).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(EMPTY_DRAFT[name as keyof Draft]),
  );
  return entries.length > 0 ? (Object.fromEntries(entries) as Partial<Draft>) : undefined;
}
