/** Doubts and verdicts in words, and which label may be given. */
import type { Doubt, DoubtfulAnswer, GiveAnswerLabel, Verdict } from "./queries";

export const DOUBT_WORDS: Readonly<Record<Doubt, string>> = {
  unsupported: "Refused, passages near",
  conflicting: "Refused, contradiction",
  low_confidence: "Little confidence",
  partly_supported: "Partly supported",
  lost_support: "Support lost",
  disliked: "Thumbs down",
};

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  supported: "Supported",
  not_supported: "Not supported",
  should_answer: "Should have answered",
  rightly_refused: "Rightly refused",
  skipped: "Skipped",
};

/** What a person has chosen and typed so far. */
export interface LabelDraft {
  /** Which of the passages, by its place in the list. */
  passage: number | null;
  answer: string;
  comment: string;
}

export const NO_DRAFT: LabelDraft = { passage: null, answer: "", comment: "" };

/** The two verdicts that fit: on an answer whether it is supported, on a refusal whether it was right. */
export function verdictsOf({ refused }: Pick<DoubtfulAnswer, "refused">): readonly [Verdict, Verdict] {
  return refused ? ["should_answer", "rightly_refused"] : ["supported", "not_supported"];
}

/** Return what keeps a verdict from being given; null when nothing does. */
export function lacking(verdict: Verdict, draft: LabelDraft): string | null {
  if (verdict !== "should_answer" || draft.passage !== null || draft.answer.trim() !== "") return null;
  return "Choose the passage that answers, or write the answer.";
}

/** Return what is sent: another answer only where the verdict leaves room for one. */
export function labelOf(verdict: Verdict, draft: LabelDraft, passages: DoubtfulAnswer["passages"]): GiveAnswerLabel {
  const saysBetter = verdict === "should_answer" || verdict === "not_supported";
  const chosen = saysBetter && draft.passage !== null ? passages[draft.passage] : undefined;
  return {
    verdict,
    passage: chosen ? { version_id: chosen.version.version_id, start: chosen.start, end: chosen.end } : null,
    answer: (saysBetter && draft.answer.trim()) || null,
    comment: (verdict !== "skipped" && draft.comment.trim()) || null,
  };
}
