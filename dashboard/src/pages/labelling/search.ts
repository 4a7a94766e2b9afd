/** What the URL of the labelling page holds. */
import { oneOf, text } from "../../app/search";

export interface LabellingSearch {
  /** Whose question is answered: the name of a scorer of the evaluation. */
  scorer?: string | undefined;
  tab?: "calibration" | undefined;
}

export function labellingSearch(search: Record<string, unknown>): LabellingSearch {
  return { scorer: text(search, "scorer"), tab: oneOf(search, "tab", ["calibration"]) };
}
