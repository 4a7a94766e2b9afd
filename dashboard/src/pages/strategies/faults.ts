/** What the engine would refuse of a body, told where it is written. */
import { impossible } from "../ask/narrowing";
import { OFFERS } from "./composing";
import { BUDGET, type Body, CALIBRATION, CANDIDATES, type JudgingKind, OPTIONS, type Range, TOKENS, WORDINGS_RANGE, offered, valueOf } from "./options";

/** Return what is wrong with a number, in words; null for one that fits. */
export function numberFault(value: number | null | undefined, { least, most, step }: Range): string | null {
  if (value === null || value === undefined) return null;
  if (value < least || value > most) return `From ${least} to ${most}.`;
  return step >= 1 && !Number.isInteger(value) ? "A whole number." : null;
}

/** Return what has to be corrected before a body can be tried or pushed, each with the name of its field. */
export function faultsOf(body: Body): string[] {
  const found: Record<string, string | null> = {};
  for (const option of OPTIONS) {
    const value = valueOf(body, option);
    if (option.sort !== "number" || typeof value !== "number" || !offered(body, option.group).includes(option)) continue;
    found[option.label] = numberFault(value, option);
  }
  found.Documents = impossible(body.retrieval?.filters ?? null);
  const { rewriting, reranking, judging, composing } = body;
  const calibration = body.answering?.calibration;
  if (rewriting) {
    found.Prompt = unnamed(rewriting.prompt);
    found["Wordings at most"] = numberFault(rewriting.queries, WORDINGS_RANGE);
  }
  if (reranking) {
    if (reranking.kind === "model") found["Ordering prompt"] = unnamed(reranking.prompt);
    else found["Cross-encoder"] = unnamed(reranking.model);
    found["Passages it reads"] = numberFault(reranking.candidates, CANDIDATES[reranking.kind]);
    if (reranking.kind === "model") found["Tokens in all"] = numberFault(reranking.budget_tokens, BUDGET);
    else found["Tokens of each"] = numberFault(reranking.max_tokens, TOKENS);
  }
  if (judging) {
    found[judgeLabel(judging.kind)] = unnamed(judging.kind === "model" ? judging.prompt : judging.model);
    if (judging.kind === "model") found["Tokens of passages"] = numberFault(judging.budget_tokens, BUDGET);
    else found["Tokens it reads"] = numberFault(judging.max_tokens, TOKENS);
  }
  if (calibration) {
    for (const [name, label, range] of CALIBRATION) found[label] = numberFault(calibration[name], range);
  }
  if (composing) {
    found["Prompt that writes"] = unnamed(composing.prompt);
    found["Sentences offered at most"] = numberFault(composing.sentences, OFFERS);
    found["Tokens of sentences"] = numberFault(composing.budget_tokens, BUDGET);
  }
  return Object.entries(found).flatMap(([label, fault]) => (fault === null ? [] : [`${label}: ${fault}`]));
}

/** What the field that names a judge is called. */
export function judgeLabel(kind: JudgingKind): string {
  return kind === "model" ? "Judging prompt" : "Judging cross-encoder";
}

function unnamed(name: string): string | null {
  return name === "" ? "Name it." : null;
}
