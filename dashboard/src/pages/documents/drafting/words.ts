/** Drafts and their questions in words. */
import { formatCount } from "../../../components/format";
import type { DraftedQuestion, QuestionDraft, QuestionState } from "./queries";

export const STATE_WORDS: Readonly<Record<QuestionState, string>> = {
  open: "To confirm",
  unusable: "No question",
  accepted: "Accepted",
  rejected: "Rejected",
  waiting: "Not worded yet",
};

/** Return the state whose questions are worth looking at first. */
export function firstState({ open, unusable, accepted }: QuestionDraft): QuestionState {
  if (open > 0) return "open";
  if (unusable > 0) return "unusable";
  return accepted > 0 ? "accepted" : "open";
}

export function countOf(draft: QuestionDraft, state: QuestionState): number {
  if (state === "waiting") return draft.questions - draft.open - draft.unusable - draft.accepted - draft.rejected;
  return draft[state];
}

export function draftName({ prompt, prompt_number: number, questions, created_at: at }: QuestionDraft): string {
  return `${formatCount(questions)} by ${prompt}/${number}, ${new Date(at).toLocaleString()}`;
}

/** Return the body of a verdict: a question is sent only where a person worded it. */
export function verdictOf(question: DraftedQuestion, verdict: "accepted" | "rejected", written: string) {
  const own = written.trim();
  const isOwn = verdict === "accepted" && own !== "" && own !== question.question;
  return { verdict, question: isOwn ? own : null };
}
