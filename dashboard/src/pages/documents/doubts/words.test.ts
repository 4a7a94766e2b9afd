import { describe, expect, it } from "vitest";
import type { DoubtfulAnswer } from "./queries";
import { labelOf, lacking, NO_DRAFT, verdictsOf } from "./words";

const passages = [
  { version: { version_id: "v1" }, start: 3, end: 9 },
  { version: { version_id: "v2" }, start: 0, end: 5 },
] as unknown as DoubtfulAnswer["passages"];

describe("verdicts", () => {
  it("fit an answer or a refusal", () => {
    expect(verdictsOf({ refused: false })).toEqual(["supported", "not_supported"]);
    expect(verdictsOf({ refused: true })).toEqual(["should_answer", "rightly_refused"]);
  });
  it("that an answer was due say which", () => {
    expect(lacking("should_answer", { ...NO_DRAFT, answer: " " })).toContain("Choose the passage");
    expect(lacking("should_answer", { ...NO_DRAFT, passage: 0 })).toBeNull();
    expect(lacking("rightly_refused", NO_DRAFT)).toBeNull();
  });
});

describe("a label", () => {
  const draft = { passage: 1, answer: " Twelve. ", comment: "Why" };
  it("carries the passage and the words", () =>
    expect(labelOf("should_answer", draft, passages)).toEqual({
      verdict: "should_answer", passage: { version_id: "v2", start: 0, end: 5 }, answer: "Twelve.", comment: "Why",
    }));
  it("carries no other answer where none is due", () => {
    expect(labelOf("supported", draft, passages)).toEqual({ verdict: "supported", passage: null, answer: null, comment: "Why" });
    expect(labelOf("skipped", draft, passages)).toEqual({ verdict: "skipped", passage: null, answer: null, comment: null });
  });
});
