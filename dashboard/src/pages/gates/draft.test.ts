import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, EMPTY_DRAFT, EMPTY_REQUIREMENT, missing } from "./draft";

const REQUIREMENT = { ...EMPTY_REQUIREMENT, name: "right", dataset: "questions@current", scorer: "exact" };
const FILLED = { ...EMPTY_DRAFT, name: "better", requirements: [REQUIREMENT] };

describe("missing", () => {
  it("begins with the name", () => {
    expect(missing(EMPTY_DRAFT)).toEqual(["Name the gate."]);
    expect(missing({ ...EMPTY_DRAFT, name: "my gate" })).toEqual(["Correct the name."]);
  });
  it("wants a bound where the rule has one", () => {
    expect(missing(FILLED)).toEqual([]);
    expect(missing({ ...FILLED, requirements: [{ ...REQUIREMENT, rule: "at_least" }] })[0]).toContain("its bound");
  });
  it("wants a gate to ask for something", () =>
    expect(missing({ ...EMPTY_DRAFT, name: "open", approvals: "0" })[0]).toContain("Ask for"));
});

describe("bodyOf", () => {
  it("gives each rule the bound that it wants, and none to others", () => {
    const requirements = [
      { ...REQUIREMENT, rule: "at_least" as const, bound: "0.8", passAt: "0.5" },
      { ...REQUIREMENT, rule: "not_worse" as const, bound: "0.05" },
      { ...REQUIREMENT, bound: "0.05" },
    ];
    const body = bodyOf({ ...FILLED, requirements, names: " greet , ask-*," });
    expect(body.protects).toEqual({ kind: "prompt", names: ["greet", "ask-*"], label: "production" });
    expect(body.requires).toMatchObject([{ threshold: 0.8, pass_at: 0.5 }, { margin: 0.05 }, { rule: "better" }]);
    expect((body.requires as object[])[2]).not.toHaveProperty("margin");
  });
  it("lets no experiment past the gate unless told to", () => {
    expect(bodyOf(FILLED).experiments).toBe("refuse");
    expect(bodyOf({ ...FILLED, experiments: "allow" }).experiments).toBe("allow");
  });
  it("leaves it to the engine to name a number that is none", () =>
    expect(bodyOf({ ...FILLED, looks: "many" }).planned_looks).toBe("many"));
});

describe("draftOf", () => {
  it("keeps what the form does not show", () => {
    const gate = {
      name: "better", namespace: "default", description: "", active: 1, latest: 1, number: 1, enabled: true, updated_at: "",
      protects: { kind: "prompt", names: ["greet"], label: "production" }, approvals: 2, movers: [], machines: "propose" as const,
      experiments: "allow" as const, cooldown_minutes: 0, error_budget: 0.05, planned_looks: 20, minimum_rows: 100, ledgers: [],
      requirements: [{
        name: "right", dataset: "questions", split: "sealed", scorer: "exact", rule: "at_least" as const, threshold: 0.8,
        margin: null, pass_at: null, model: "lab/large", parameters: { seed: 7 },
      }],
    };
    const body = bodyOf(draftOf(gate));
    expect(body.requires).toMatchObject([{ threshold: 0.8, model: "lab/large", parameters: { seed: 7 } }]);
    expect(body.experiments).toBe("allow");
  });
});
