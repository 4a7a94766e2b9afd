import { describe, expect, it } from "vitest";
import { approvalsInWords, ledgerInWords, minutesInWords, protectsInWords, ruleInWords } from "./words";

describe("protectsInWords", () => {
  it("names what is protected, or says every", () => {
    expect(protectsInWords({ kind: "prompt", names: ["*"], label: "production" })).toBe("production of every prompt");
    expect(protectsInWords({ kind: "prompt", names: ["greet", "ask-*"], label: "live" })).toBe("live of prompt greet, ask-*");
  });
});

describe("ruleInWords", () => {
  it("says each rule with its bound", () => {
    expect(ruleInWords({ rule: "better", pass_at: null })).toBe("more rows improve than worsen");
    expect(ruleInWords({ rule: "at_least", threshold: 0.8, pass_at: 0.5 })).toBe("is right on more than 80 % of the rows (a row is right from 0.5 on)");
    expect(ruleInWords({ rule: "not_worse", margin: 0.025, pass_at: null })).toBe("is right on less than 2.5 % fewer rows than before");
  });
});

describe("figures", () => {
  it("are written for people", () => {
    expect(["none", "90 min", "2 h", "1 day", "3 days"]).toEqual([0, 90, 120, 1440, 4320].map(minutesInWords));
    expect(approvalsInWords(1)).toContain("not the author");
    expect(approvalsInWords(0)).toBe("nobody has to approve");
  });
  it("say of a budget what is left", () => {
    const ledger = { id: "", opened_at: "", rows: 400, budget: 0.05, planned: 20, looks: 3, passes: 0, next_level: 0.002, left: 0.865, reason: "" };
    expect(ledgerInWords(ledger)).toBe("86.5 % of the error budget is left after 3 of 20 planned looks, none passed");
  });
});
