/** What of a sweep's page stands in its URL. */
import { text } from "../../../app/search";

/** As many curves as can be told apart. */
export const MOST_PICKED = 5;

export interface SweepSearch {
  /** The scorer by which combinations are optimal. */
  metric?: string | undefined;
  /** The combinations whose risk is drawn, by position; those that are optimal if nothing is said. */
  pick?: number[] | undefined;
}

export function sweepSearch(search: Record<string, unknown>): SweepSearch {
  const given = Array.isArray(search["pick"]) ? (search["pick"] as unknown[]) : undefined;
  const pick = given?.map(Number).filter((one) => Number.isInteger(one) && one >= 1);
  return { metric: text(search, "metric"), pick: pick?.slice(0, MOST_PICKED) };
}
