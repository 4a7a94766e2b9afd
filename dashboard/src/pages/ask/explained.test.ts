import { describe, expect, it } from "vitest";
import type { Citation, Execution, Passage } from "./answer";
import { type Stage, askedBy, citedIn, outcomeOf, placeIn, scoresOf } from "./explained";

const version = { document_id: "d", document: "a.md", version_id: "v", number: 1, digest: "0" };
const passage: Passage = { version, page: null, start: 10, end: 40, text: "…", score: 1, similarity: 0.8, bm25: 4 };
const execution = {
  namespace: "default",
  artifact: { kind: "rag_strategy", namespace: "default", name: "strict", number: 3 },
  inputs: { state: "present", value: { question: "Is it?", collection: "docs", filters: { documents: ["a*"] } } },
} as unknown as Execution;

describe("what was asked", () => {
  it("is the version, the collection and the filters of the execution", () => {
    expect(askedBy(execution)).toEqual({
      namespace: "default", collection: "docs", question: "Is it?", strategy: "strict/3", filters: { documents: ["a*"] }, context: [],
    });
    const after = { ...execution, inputs: { state: "present", value: { question: "Is it?", collection: "docs", context: ["What is it?"] } } };
    expect(askedBy(after as unknown as Execution)?.context).toEqual(["What is it?"]);
    const plain = { ...execution, inputs: { state: "present", value: { question: "Is it?", collection: "docs" } } };
    expect(askedBy(plain as unknown as Execution)?.filters).toBeNull();
  });

  it("is nothing when it was erased or is no question", () => {
    expect(askedBy({ ...execution, inputs: { state: "erased", value: null } } as unknown as Execution)).toBeNull();
    expect(askedBy({ ...execution, artifact: null } as unknown as Execution)).toBeNull();
  });

  it("names the passage by its place, by words, or leaves it to the document", () => {
    expect(placeIn({ document: "a", from: 0, to: 5, words: "x" })).toEqual({ document: "a", start: 0, end: 5 });
    expect(placeIn({ document: "a", words: "x" })).toEqual({ document: "a", text: "x" });
    expect(placeIn({ document: "a" })).toEqual({ document: "a", text: null });
  });
});

describe("citations of a passage", () => {
  const citation = (n: number, start: number, end: number, id = "v"): Citation => ({
    n, start, end, version: { ...version, version_id: id }, page: null, cited_text: "…", locations: [],
  });

  it("stand in it as a whole, in the same version", () => {
    const all = [citation(1, 10, 20), citation(2, 5, 20), citation(3, 30, 40), citation(4, 12, 20, "other")];
    expect(citedIn(passage, all)).toEqual([1, 3]);
  });
});

describe("scores", () => {
  it("stand beside those that decided", () => {
    const candidates: Stage = {
      stage: "candidates", outcome: "dropped", note: "", limit: 50,
      dense: { found: false, rank: 77, similarity: 0.12345, last_similarity: 0.4 },
      lexical: { found: false, rank: null, bm25: 0, last_bm25: 2.5, words_held: [], words_missing: ["sea", "ice"] },
    };
    expect(scoresOf(candidates)).toEqual([
      ["Meaning", "0.123", "rank 77; the first 50 go on, the last of them has 0.400"],
      ["Words", "0.00", "no common word; the first 50 go on, the last of them has 2.50"],
      ["Words it lacks", "sea, ice"],
    ]);
  });

  it("leave out what did not decide", () => {
    const fusion: Stage = {
      stage: "fusion", outcome: "passed", note: "", dense_share: 1, lexical_share: 0, score: 0.5, rank: 2, candidates: 9,
      passages: 8, last_score: null,
    };
    expect(scoresOf(fusion)[0]).toEqual(["Relevance", "0.500", undefined]);
    expect(scoresOf({ stage: "filters", outcome: "passed", note: "", failed: [], metadata: [] })).toEqual([]);
  });

  it("say what the judge made of a confidence", () => {
    const answer: Stage = {
      stage: "answer", outcome: "passed", note: "", refused: false, reason_code: null, confidence: 0.9, threshold: 0.4, citations: [1],
      evidence: {}, judging: { kind: "cross_encoder", model: "qnli", score: 2, left_out: [] }, own_confidence: 0.5,
    };
    expect(scoresOf(answer).slice(1)).toEqual([["By the judge", "0.88", "qnli"], ["By the own check alone", "0.50"]]);
  });

  it("name each part of the evidence", () => {
    const answer: Stage = {
      stage: "answer", outcome: "dropped", note: "", refused: true, reason_code: "unsupported", confidence: 0.2, threshold: 0.4, citations: [],
      evidence: { passage_similarity: 0.5, later_part: 1 },
    };
    expect(scoresOf(answer)).toEqual([
      ["Confidence", "0.20", "the strategy asks for 0.40"],
      ["Nearest passage, by meaning", "0.50"],
      ["Later part", "1.00"],
    ]);
  });
});

describe("the outcome", () => {
  it("is a sentence", () => {
    expect(outcomeOf({ dropped_at: null })).toBe("The passage is cited.");
    expect(outcomeOf({ dropped_at: "candidates" })).toBe("The passage was dropped at this stage: Search.");
  });
});
