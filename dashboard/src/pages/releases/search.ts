/** What the URLs of the pages of releases hold. */
import { oneOf, text } from "../../app/search";

type Search = Record<string, unknown>;

export interface ListSearch {
  /** Left out, only what is open is listed. */
  state?: "all" | undefined;
  /** The name of a prompt. */
  artifact?: string | undefined;
}

export function listSearch(search: Search): ListSearch {
  return { state: oneOf(search, "state", ["all"]), artifact: text(search, "artifact") };
}

export const QUESTIONS = ["approve", "reject", "release", "override"] as const;
export type Question = (typeof QUESTIONS)[number];

/** `ask` is the dialog that is open. */
export function requestSearch(search: Search): { ask?: Question | undefined } {
  return { ask: oneOf(search, "ask", QUESTIONS) };
}
