import { describe, expect, it } from "vitest";
import { bodyOf, type Draft, EMPTY_DRAFT, evenly, missing, readDraft, valuesOf, weightsOf } from "./draft";
import { changed, newSearch } from "./search";

const COMPLETE: Draft = {
  ...EMPTY_DRAFT,
  name: "short-answers",
  artifact: "greeting",
  arms: [
    { name: "control", version: "1", weight: "0.5" },
    { name: "short", version: "2", weight: "0.5" },
  ],
  metrics: [{ name: "helpful", kind: "binary", direction: "higher" }],
};

describe("weights", () => {
  it.each([
    [["0.5", "0.5"], true],
    [["0.1", "0.2", "0.7"], true],
    [["0.5", "0.4"], false],
    [["1.5", "-0.5"], false],
    [["1", ""], false],
    [["1", "0"], false],
    [["1", "x"], false],
  ])("%j: %s", (weights, isWhole) => {
    expect(weightsOf(weights.map((weight) => ({ name: "a", version: "1", weight }))).isWhole).toBe(isWhole);
  });

  it.each([2, 3, 7, 12])("of %i equal arms sum to 1", (count) => {
    expect(weightsOf(evenly(count).map((weight) => ({ name: "a", version: "1", weight }))).isWhole).toBe(true);
  });
});

describe("what is missing", () => {
  it("is nothing of a complete draft", () => expect(missing(COMPLETE)).toEqual([]));
  it("begins with the name", () => expect(missing(EMPTY_DRAFT)[0]).toMatch(/^Name the experiment/));

  it.each<[Partial<Draft>, RegExp]>([
    [{ name: "-" }, /Name the experiment/],
    [{ label: "" }, /label/],
    [{ arms: [COMPLETE.arms[0]!, { ...COMPLETE.arms[1]!, version: "1" }] }, /version of its own/],
    [{ arms: [COMPLETE.arms[0]!, { ...COMPLETE.arms[1]!, weight: "0.4" }] }, /sum to 1/],
    [{ metrics: [{ ...COMPLETE.metrics[0]!, direction: "" }] }, /direction/],
    [{ metrics: [COMPLETE.metrics[0]!, COMPLETE.metrics[0]!] }, /once/],
    [{ guardrails: [{ ...COMPLETE.metrics[0]!, tolerated: "-1" }] }, /tolerated/],
    [{ allocator: "top_two", metrics: [{ ...COMPLETE.metrics[0]!, kind: "mean" }] }, /adaptive/],
    [{ ramp: [{ share: "0.5", hours: "0" }, { share: "0.1", hours: "2" }] }, /grow/],
    [{ ramp: [{ share: "0.5", hours: "" }] }, /hours/],
    [{ rules: [{ attribute: "plan", values: " , " }] }, /attribute and values/],
    [{ holdback: "1" }, /holdback/],
    [{ group: "wording", groupShare: "0" }, /group/],
    [{ planned: "9" }, /10 units/],
  ])("%j", (changes, said) => {
    expect(missing({ ...COMPLETE, ...changes })).toEqual([expect.stringMatching(said)]);
  });
});

describe("a draft in the URL", () => {
  it("holds what is other than in an empty one", () => {
    expect(changed(EMPTY_DRAFT)).toBeUndefined();
    expect(newSearch({ draft: changed(COMPLETE) })).toEqual({ draft: changed(COMPLETE) });
  });

  it("leaves out what does not fit", () => {
    const broken = { name: "kept", arms: [{ name: 3 }], allocator: "magic", ramp: "x", planned: 12 };
    expect(readDraft(broken)).toEqual({ ...EMPTY_DRAFT, name: "kept" });
    expect(newSearch({ draft: "text" })).toEqual({ draft: undefined });
  });
});

describe("what the engine takes", () => {
  it("has numbers, and nothing of what was left as it is", () => {
    const body = bodyOf({ ...COMPLETE, guardrails: [{ name: "complaint", kind: "binary", direction: "lower", tolerated: "0.02" }] }, true);
    expect(body).toMatchObject({
      arms: [{ name: "control", version: 1, weight: 0.5 }, { name: "short", version: 2, weight: 0.5 }],
      metrics: [{ name: "helpful", kind: "binary", direction: "higher" }],
      guardrails: [{ name: "complaint", tolerated_loss: 0.02 }],
      group: null,
      start: true,
    });
    expect(body).not.toHaveProperty("ramp");
  });

  it("reads values of attributes as what they are", () => {
    expect(valuesOf('pro, "5", 7, true, a b, "x, y", null')).toEqual(["pro", "5", 7, true, "a b", "x, y", "null"]);
  });
});
