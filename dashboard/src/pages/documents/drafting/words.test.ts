import { describe, expect, it } from "vitest";
import type { DraftedQuestion, QuestionDraft } from "./queries";
import { countOf, firstState, verdictOf } from "./words";

const draft = { questions: 9, open: 0, unusable: 2, accepted: 3, rejected: 1 } as QuestionDraft;
const question = { question: "Who built it?" } as DraftedQuestion;

describe("a draft", () => {
  it("opens at what waits for a person", () => {
    expect(firstState({ ...draft, open: 1 })).toBe("open");
    expect(firstState(draft)).toBe("unusable");
    expect(firstState({ ...draft, unusable: 0 })).toBe("accepted");
    expect(firstState({ ...draft, unusable: 0, accepted: 0 })).toBe("open");
  });
  it("counts what is not worded yet", () => expect(countOf(draft, "waiting")).toBe(3));
});

describe("a verdict", () => {
  it("carries a question only in a person's own words", () => {
    expect(verdictOf(question, "accepted", " Who built it? ")).toEqual({ verdict: "accepted", question: null });
    expect(verdictOf(question, "accepted", "Who built the tower?")).toEqual({ verdict: "accepted", question: "Who built the tower?" });
    expect(verdictOf({ ...question, question: null }, "accepted", "Who?")).toEqual({ verdict: "accepted", question: "Who?" });
    expect(verdictOf(question, "rejected", "Who built the tower?")).toEqual({ verdict: "rejected", question: null });
  });
});
