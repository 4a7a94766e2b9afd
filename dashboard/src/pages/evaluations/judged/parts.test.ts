import { expect, test } from "vitest";
import { biasInWords, inWords, partsOf } from "./parts";
import type { Figures } from "./queries";

const FIGURES: Figures = {
  rows: 100, wins: 12, losses: 4, ties: 30, inconsistent: 50, failed: 4, failures: { "score.judge_unreadable": 5 }, reused: 0,
  difference: 0.08, low: 0, high: 0.16, p_value: 0.08, verdict: "undecided", calibrated: false,
  first_position: { share: 0.82, low: 0.71, high: 0.9, rows: 66 },
};

test("the parts of the bar are all the rows", () => {
  expect(partsOf(FIGURES).reduce((sum, { rows }) => sum + rows, 0)).toBe(FIGURES.rows);
  expect(new Set(partsOf(FIGURES).map(({ paint }) => paint)).size).toBe(5);
});

test("what is not there is not told", () => {
  const words = inWords({ ...FIGURES, failed: 0, ties: 34 });
  expect(words).toContain("12 of 100 rows: candidate better in both orders");
  expect(words).not.toContain("missing");
});

test("a preference for a place is told where the interval shows one", () => {
  expect(biasInWords(FIGURES)).toContain("it prefers the first place");
  expect(biasInWords({ ...FIGURES, first_position: { share: 0.2, low: 0.1, high: 0.4, rows: 30 } })).toContain("the second place");
  expect(biasInWords({ ...FIGURES, first_position: { share: 0.55, low: 0.4, high: 0.7, rows: 30 } })).toContain("no preference");
  expect(biasInWords({ ...FIGURES, first_position: null })).toBe("It never named a side.");
});
