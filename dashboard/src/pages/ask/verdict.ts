/** What a strategy's judge said of an answer, in words. */
import type { Schema } from "../../api/client";

export type JudgingReport = Schema<"JudgingReport">;

/** Return the probability that log-odds stand for. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** Return who judged and what it made of the confidence; null where the engine's own check decided alone. */
export function judgingIn(judging: JudgingReport | null | undefined, own: number | null | undefined): string | null {
  const alone = typeof own === "number" ? `own check alone says ${own.toFixed(2)}` : null;
  if (!judging) return alone && `Confidence is calibrated; the engine’s ${alone}.`;
  const said = `Judged by ${judging.model}: there is an answer with probability ${probability(judging.score).toFixed(2)}`;
  const isCut = (judging.left_out ?? []).some((one) => one.reason === "budget");
  const unread = isCut ? ` It read ${judging.tokens} tokens of the passages; the rest did not fit.` : "";
  return `${said}${alone ? `; the engine’s ${alone}` : ""}.${unread}`;
}
