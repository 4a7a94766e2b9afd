import { describe, expect, it } from "vitest";
import { composed } from "./composing";
import { type Body, OPTIONS, UNCALIBRATED, calibrated, changed, differences, judgedBy, offered, rankIn, reordered, reworded, valueOf } from "./options";

const BODY = { chunking: { max_characters: 800 }, retrieval: {}, answering: {} } as unknown as Body;
const option = (name: string) => OPTIONS.find((one) => one.name === name)!;

describe("a body", () => {
  it("has the default where it says nothing", () => {
    expect(valueOf(BODY, option("max_characters"))).toBe(800);
    expect(valueOf(BODY, option("threshold"))).toBe(0.4);
    expect(valueOf(BODY, option("mmr"))).toBeNull();
    expect(valueOf({} as Body, option("kind"))).toBe("sentences");
  });

  it("is changed in one option and stays as it was elsewhere", () => {
    const next = changed(BODY, option("threshold"), 0.8);
    expect(valueOf(next, option("threshold"))).toBe(0.8);
    expect(valueOf(next, option("max_characters"))).toBe(800);
    expect(valueOf(BODY, option("threshold"))).toBe(0.4);
    expect(differences(BODY, next)).toEqual(["Refuse below"]);
  });

  it("differs in options that have no field too", () => {
    const next = { ...BODY, retrieval: { filters: { documents: ["a*"] } } } as unknown as Body;
    expect(differences(BODY, next)).toEqual(["Documents"]);
    expect(differences(next, { ...next })).toEqual([]);
  });

  it("keeps only what the kind of chunking takes", () => {
    const overlapping = changed(BODY, option("overlap_sentences"), 3);
    const windows = changed(overlapping, option("kind"), "sentence_window");
    expect(windows.chunking).toEqual({ max_characters: 800, kind: "sentence_window" });
    expect(offered(windows, "chunking").map(({ name }) => name)).toContain("window_step");
    expect(offered(BODY, "chunking").map(({ name }) => name)).not.toContain("window_step");
  });

  it("leaves nothing behind that has no field and is refused with what was chosen", () => {
    const chunking = { kind: "semantic", group_sentences: 5, breakpoint_percentile: 80, contextual_headers: true, header_terms: true };
    const semantic = { chunking } as unknown as Body;
    expect(changed(semantic, option("max_characters"), 900).chunking).toEqual({ ...chunking, max_characters: 900 });
    expect(changed(semantic, option("kind"), "structure").chunking).toEqual({ kind: "structure", contextual_headers: true, header_terms: true });
    expect(changed(semantic, option("contextual_headers"), false).chunking).toEqual({ kind: "semantic", group_sentences: 5, breakpoint_percentile: 80, contextual_headers: false });
  });
});

describe("what few change", () => {
  it("is offered where the engine takes it", () => {
    const names = (body: Body) => offered(body, "chunking").filter(({ isAdvanced }) => isAdvanced).map(({ name }) => name);
    expect(names({} as Body)).toEqual([]);
    expect(names({ chunking: { kind: "semantic", contextual_headers: true } } as unknown as Body)).toEqual(["group_sentences", "header_terms"]);
    expect(differences({} as Body, changed({} as Body, option("k1"), 2))).toEqual(["k1 of the words"]);
  });
});

describe("rankIn", () => {
  it("finds the same passage by version and place", () => {
    const passages = [{ version: { version_id: "a" }, start: 0 }, { version: { version_id: "a" }, start: 9 }];
    expect(rankIn(passages, { version: { version_id: "a" }, start: 9 })).toBe(2);
    expect(rankIn(passages, { version: { version_id: "b" }, start: 9 })).toBeNull();
  });
});

describe("writing", () => {
  const composing = { kind: "prose", prompt: "write@production", sentences: 6 } as const;

  it("is part of a body", () => {
    expect(composed({} as Body, "prose", "write@production", 6)).toEqual({ composing });
    expect(composed({ composing } as Body, null, "write@production", 6)).toEqual({});
    expect(differences({} as Body, { composing } as Body)).toEqual(["Writing"]);
    const sparing = { composing: { ...composing, budget_tokens: 300 } } as Body;
    expect(composed(sparing, "order", "order@production", 6).composing).toEqual({ kind: "order", prompt: "order@production", sentences: 6, budget_tokens: 300 });
    expect(differences({ composing } as Body, sparing)).toEqual(["Writing"]);
  });
});

describe("other wordings", () => {
  const rewriting = { kind: "multi_query", prompt: "words@production", queries: 2 } as const;
  it("are part of a body", () => {
    expect(reworded({} as Body, "multi_query", "words@production", 2)).toEqual({ rewriting });
    expect(reworded({ rewriting } as Body, "hyde", "words/3", 2)).toEqual({ rewriting: { kind: "hyde", prompt: "words/3", queries: 3 } });
    expect(reworded({ rewriting } as Body, null, "words@production", 2)).toEqual({});
  });
  it("count as a difference", () => {
    expect(differences({} as Body, { rewriting } as Body)).toEqual(["Other wordings"]);
    expect(differences({ rewriting } as Body, { rewriting: { ...rewriting } } as Body)).toEqual([]);
  });

  it("has passages ordered by a model or a prompt, and never keeps the digest of other files", () => {
    expect(reordered({} as Body, "cross_encoder", "tiny", null)).toEqual({ reranking: { kind: "cross_encoder", model: "tiny" } });
    const pinned = { reranking: { kind: "cross_encoder", model: "tiny", digest: "0".repeat(64), scores: "raw", candidates: 5 } } as unknown as Body;
    expect(reordered(pinned, "cross_encoder", "large", 9)).toEqual({ reranking: { kind: "cross_encoder", model: "large", scores: "raw", candidates: 9 } });
    expect(reordered(pinned, "model", "order@production", null)).toEqual({ reranking: { kind: "model", prompt: "order@production" } });
    expect(reordered(pinned, null, "", null)).toEqual({});
    expect(differences({} as Body, pinned)).toEqual(["Ordering"]);
  });
});

describe("a judge", () => {
  it("is part of a body, without the digest of other files", () => {
    const read = judgedBy({} as Body, "cross_encoder", "qnli", null);
    expect(read).toEqual({ judging: { kind: "cross_encoder", model: "qnli" } });
    expect(judgedBy(read, "cross_encoder", "qnli", 256)).toEqual({ judging: { kind: "cross_encoder", model: "qnli", max_tokens: 256 } });
    const pinned = { judging: { kind: "cross_encoder", model: "qnli", digest: "0".repeat(64), max_tokens: 512 } } as Body;
    expect(judgedBy(pinned, "model", "judge@production", 256)).toEqual({ judging: { kind: "model", prompt: "judge@production" } });
    expect(judgedBy(pinned, "cross_encoder", "other", null)).toEqual({ judging: { kind: "cross_encoder", model: "other" } });
    expect(judgedBy(pinned, null, "", null)).toEqual({});
    const sparing = { judging: { kind: "model", prompt: "judge/1", budget_tokens: 300 } } as Body;
    expect(judgedBy(sparing, "model", "judge/2", null)).toEqual({ judging: { kind: "model", prompt: "judge/2", budget_tokens: 300 } });
    expect(judgedBy(sparing, "cross_encoder", "qnli", null)).toEqual({ judging: { kind: "cross_encoder", model: "qnli" } });
  });

  it("counts as a difference, and so does one whose files are to be taken anew", () => {
    const read = judgedBy({} as Body, "cross_encoder", "qnli", null);
    expect(differences({} as Body, read)).toEqual(["Judge"]);
    expect(differences({ judging: null } as Body, {} as Body)).toEqual([]);
    expect(differences(read, { judging: { kind: "cross_encoder", model: "qnli", digest: "0".repeat(64) } } as Body)).toEqual(["Judge"]);
    expect(differences(read, judgedBy(read, "model", "qnli", null))).toEqual(["Judge"]);
  });
});

describe("a calibration", () => {
  const fitted = { own: 0.8, judge: 1.4, bias: -0.2 };

  it("stands beside the other options, and leaves nothing behind", () => {
    const body = calibrated(changed({} as Body, option("threshold"), 0.3), fitted);
    expect(body.answering).toEqual({ threshold: 0.3, calibration: fitted });
    expect(calibrated(body, null).answering).toEqual({ threshold: 0.3 });
  });

  it("counts as a difference, in whatever order its numbers are written", () => {
    const body = calibrated({} as Body, fitted);
    expect(differences({} as Body, body)).toEqual(["Calibration"]);
    expect(differences(body, calibrated({} as Body, { bias: -0.2, judge: 1.4, own: 0.8 }))).toEqual([]);
    expect(differences(calibrated({} as Body, UNCALIBRATED), body)).toEqual(["Calibration"]);
    expect(differences({ answering: { calibration: null } } as Body, {} as Body)).toEqual([]);
  });
});
