/** Which candidate and which scorer of a comparison have their rows shown. */
import type { Comparison } from "../queries";
import type { CompareSearch } from "../search";

export interface Chosen {
  /** The candidate whose rows are shown. */
  candidate: string;
  scorer: string;
}

/** Return the candidate and the scorer of the URL, as far as they are compared; else the last and the first. */
export function chosen({ candidates }: Comparison, search: CompareSearch): Chosen {
  const candidate = candidates.find((one) => one.evaluation_id === search.candidate) ?? candidates.at(-1);
  const scorers = candidate?.differences.map((difference) => difference.scorer) ?? [];
  const scorer = search.scorer !== undefined && scorers.includes(search.scorer) ? search.scorer : scorers[0];
  return { candidate: candidate?.evaluation_id ?? "", scorer: scorer ?? "" };
}
