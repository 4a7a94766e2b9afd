import { describe, expect, it } from "vitest";
import { judgingIn, probability } from "./verdict";

const judging = { kind: "model" as const, model: "judge@production", score: -1.0986, left_out: [] };

describe("what a judge said", () => {
  it("is a probability", () => {
    expect([0, 1.0986, -1.0986, 15].map((score) => probability(score).toFixed(3))).toEqual(["0.500", "0.750", "0.250", "1.000"]);
  });

  it("stands beside the engine's own check", () => {
    expect(judgingIn(judging, 0.614)).toBe("Judged by judge@production: there is an answer with probability 0.25; the engine’s own check alone says 0.61.");
    expect(judgingIn(judging, null)).toBe("Judged by judge@production: there is an answer with probability 0.25.");
    const cut = { version_id: "1", start: 0, end: 9, reason: "budget" as const };
    expect(judgingIn({ ...judging, tokens: 50, left_out: [cut, { ...cut, reason: "repeated" }] }, null)).toBe(
      "Judged by judge@production: there is an answer with probability 0.25. It read 50 tokens of the passages; the rest did not fit.",
    );
    expect(judgingIn(null, 0.614)).toBe("Confidence is calibrated; the engine’s own check alone says 0.61.");
    expect(judgingIn(null, null)).toBeNull();
    expect(judgingIn(undefined, undefined)).toBeNull();
  });
});
