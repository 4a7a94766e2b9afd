import { describe, expect, it } from "vitest";
import { frameOf, historyInWords, pointsOf, reachOf } from "./history";
import type { Comparison } from "./queries";
import {
  comparisonInWords, expectedEnd, expectedWord, formatDifference, formatInterval, formatP, formatShare, formatValue, ruleInWords, soonest,
  stepInWords, verdictWord,
} from "./words";

const ONE: Comparison = {
  arm: "short", metric: "helpful", role: "primary", kind: "binary", direction: "higher", tolerated_loss: null, method: "e", level: 0.05,
  control_observations: 50, observations: 52, control_value: 0.5, value: 0.625, difference: 0.125,
  interval: { low: -0.011, high: null }, p_value: 0.2, verdict: "open", expected_units: 420, biased: false,
  history: [
    { observations: 10, difference: 0.4, interval: { low: null, high: 1 } },
    { observations: 100, difference: 0.125, interval: { low: -0.05, high: 0.3 } },
  ],
};

describe("figures", () => {
  it("of rates are in points, with their sign and open ends", () => {
    expect(formatDifference("binary", 0.125)).toBe("+12.5");
    expect(formatDifference("binary", -0.0001)).toBe("0.0");
    expect(formatDifference("mean", -1234.567)).toBe("−1235");
    expect(formatInterval("binary", ONE.interval!)).toBe("−1.1 to +∞ points");
    expect(formatValue("mean", -0.5)).toBe("−0.5");
    expect(comparisonInWords(ONE)).toBe("helpful of short less the control: +12.5 points, interval −1.1 to +∞ points");
    expect(comparisonInWords({ ...ONE, difference: null, interval: null })).toContain("no difference known yet, without a valid interval");
  });

  it("of shares and p-values are short", () => {
    expect([0.5, 1 / 3, 0.001, null].map(formatShare)).toEqual(["50 %", "33.3 %", "0.1 %", "–"]);
    expect([0.00001, 0.05, 1].map(formatP)).toEqual(["< 0.0001", "0.05", "1"]);
  });

  it("say when a decision is expected", () => {
    expect(expectedWord(ONE)).toBe("about 420 more units");
    expect(expectedWord({ ...ONE, expected_units: null })).toBe("no decision foreseen");
    expect(expectedWord({ ...ONE, verdict: "better" })).toBe("decided");
    expect(soonest([ONE, { ...ONE, expected_units: 7, role: "guardrail" }, { ...ONE, expected_units: 300 }])).toBe(300);
    expect(soonest([{ ...ONE, verdict: "worse" }])).toBeNull();
    expect(expectedEnd("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", 100, 50)).toBe("2026-01-01T03:00:00.000Z");
    expect(expectedEnd("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", 0, 50)).toBeNull();
    expect(expectedEnd("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", 1, 1e9)).toBeNull();
  });

  it("of guardrails speak of harm alone", () => {
    expect(verdictWord({ ...ONE, role: "guardrail", verdict: "worse" })).toBe("worse than tolerated");
    expect(verdictWord({ ...ONE, role: "guardrail" })).toBe("no harm shown");
    expect(verdictWord(ONE)).toBe("not shown either way");
  });
});

describe("a plan in words", () => {
  it("names its steps and rules", () => {
    expect(stepInWords({ share: 0.1, after_hours: 0 }, String)).toBe("10 % from the start");
    expect(stepInWords({ share: 1, after_hours: 24 }, String)).toBe("100 % after 24 h");
    expect(stepInWords({ share: 1, at: "then" }, String)).toBe("100 % from then");
    expect(ruleInWords({ attribute: "plan", in: ["pro", 5] })).toBe('plan is "pro" or 5');
    expect(ruleInWords({ attribute: "beta", equals: true })).toBe("beta is true");
  });
});

describe("the picture of an interval", () => {
  it("is as wide as the settled part, with zero in it, and cuts the rest off", () => {
    const [low, high] = frameOf(ONE);
    expect([low, high]).toEqual([expect.closeTo(-0.055), expect.closeTo(0.33)]);
    expect(pointsOf(ONE.history, [low, high])).toEqual([
      { observations: 10, difference: high, band: [low, high] },
      { observations: 100, difference: 0.125, band: [-0.05, 0.3] },
    ]);
    expect(frameOf({ history: [], kind: "mean" })).toEqual([-1, 1]);
    expect(frameOf({ ...ONE, history: ONE.history.slice(0, 1) })).toEqual([0, 1]);
  });

  it("reaches as far as anything in it", () => {
    expect(reachOf(ONE)).toBeCloseTo(0.1375);
    expect(reachOf({ ...ONE, tolerated_loss: 0.2 })).toBeCloseTo(0.22);
    expect(reachOf({ ...ONE, difference: null, interval: null })).toBe(1);
  });

  it("can be said in words", () => {
    expect(historyInWords(ONE)).toContain("last +12.5 (−5.0 to +30.0 points) at 100 observations");
    expect(historyInWords({ ...ONE, history: [] })).toContain("no course yet");
  });
});
