import { describe, expect, it } from "vitest";
import { faultsOf, numberFault } from "./faults";
import { composed } from "./composing";
import { type Body, OPTIONS, changed } from "./options";

const option = (name: string) => OPTIONS.find((one) => one.name === name)!;

describe("numberFault", () => {
  it("says the range, and where only whole numbers are", () => {
    const range = { least: 1, most: 20, step: 1 };
    expect([0, 1, 2.5, 20, 21, null].map((value) => numberFault(value, range))).toEqual([
      "From 1 to 20.", null, "A whole number.", null, "From 1 to 20.", null,
    ]);
    expect(numberFault(0.33, { least: 0, most: 1, step: 0.05 })).toBeNull();
  });
});

describe("faultsOf", () => {
  it("names the field of a number that is out of range, and none of a field that is not offered", () => {
    expect(faultsOf({} as Body)).toEqual([]);
    const high = changed({} as Body, option("threshold"), 7);
    expect(faultsOf(high)).toEqual(["Refuse below: From 0 to 1."]);
    const hidden = { chunking: { kind: "sentences", window_step: 99 } } as unknown as Body;
    expect(faultsOf(hidden)).toEqual([]);
  });

  it("asks for the prompt of a model that writes, and of one that orders", () => {
    const crowded = { judging: { kind: "model", prompt: "j/1", budget_tokens: 9 }, composing: { kind: "order", prompt: "c/1", budget_tokens: 200_001 } } as Body;
    expect(faultsOf(crowded)).toEqual(["Tokens of passages: From 50 to 200000.", "Tokens of sentences: From 50 to 200000."]);
    expect(faultsOf(composed({} as Body, "prose", "", 13))).toEqual(["Prompt that writes: Name it.", "Sentences offered at most: From 1 to 12."]);
    expect(faultsOf({ reranking: { kind: "model", prompt: "", candidates: 1 } } as unknown as Body)).toEqual(["Ordering prompt: Name it.", "Passages it reads: From 2 to 50."]);
    expect(faultsOf({ reranking: { kind: "model", prompt: "order/1", budget_tokens: 9 } } as unknown as Body)).toEqual(["Tokens in all: From 50 to 200000."]);
    expect(faultsOf({ reranking: { kind: "cross_encoder", model: "tiny", max_tokens: 9 } } as unknown as Body)).toEqual(["Tokens of each: From 16 to 8192."]);
    expect(faultsOf({ judging: { kind: "model", prompt: "" } } as Body)).toEqual(["Judging prompt: Name it."]);
    expect(faultsOf({ judging: { kind: "cross_encoder", model: "", max_tokens: 8 } } as Body)).toEqual(["Judging cross-encoder: Name it.", "Tokens it reads: From 16 to 8192."]);
    expect(faultsOf({ rewriting: { kind: "hyde", prompt: "", queries: 3 } } as unknown as Body)).toEqual(["Prompt: Name it."]);
  });

  it("names the number of a calibration that is out of range", () => {
    const body = (own: number, bias: number) => ({ answering: { calibration: { own, judge: 1.25, bias } } }) as unknown as Body;
    expect(faultsOf(body(0.8, -0.2))).toEqual([]);
    expect(faultsOf(body(-1, 60))).toEqual(["Weight of the own check: From 0 to 20.", "Bias: From -50 to 50."]);
  });
});
