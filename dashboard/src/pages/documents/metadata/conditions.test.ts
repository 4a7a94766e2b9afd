import { describe, expect, it } from "vitest";
import { type Condition, NO_ROW, conditionFault, conditionsInWords, conditionsOf, rowsOf } from "./conditions";

const given = (...conditions: Partial<Condition>[]) => conditions as Condition[];

describe("conditions", () => {
  it("are sent as they were typed", () => {
    const rows = [
      { ...NO_ROW, key: "team", values: "ops, dev,, \"a, b\", \"2024\", 7" },
      { ...NO_ROW, key: "year", kind: "range" as const, low: "2020", high: "" },
      { ...NO_ROW, key: "day", kind: "range" as const, low: "2026-01-01", high: "2026-12-31", values: "not this" },
      NO_ROW,
      { ...NO_ROW, kind: "range" as const, values: "not this" },
    ];
    expect(conditionsOf(rows)).toEqual([
      { key: "team", one_of: ["ops", "dev", "a, b", "2024", 7] },
      { key: "year", at_least: 2020 },
      { key: "day", at_least: "2026-01-01", at_most: "2026-12-31" },
    ]);
  });

  it("come back as they were sent", () => {
    const conditions = given(
      { key: "team", one_of: ["ops", "a, b", "say \"a\"", "", "true", true, "7", 7, "\\", "x\\\""] },
      { key: "year", at_least: 0, at_most: 0.5 },
      { key: "day", at_most: "2026" },
    );
    expect(conditionsOf(rowsOf(conditions))).toEqual(conditions);
  });

  it("are told in words", () => {
    const conditions = given({ key: "team", one_of: ["ops", "7"] }, { key: "year", at_least: 2020, at_most: 2024 }, { key: "a", at_least: 1 }, { key: "b", at_most: "z" });
    expect(conditionsInWords(conditions)).toBe("team is ops or \"7\" and year is 2020 to 2024 and a is at least 1 and b is at most z");
  });

  it("say what is missing, and what no document could fit", () => {
    const wrong: [Partial<Condition>, string][] = [
      [{ key: "", one_of: ["x"] }, "A key"],
      [{ key: "a b", one_of: ["x"] }, "A key"],
      [{ key: "a" }, "Say a value"],
      [{ key: "a", one_of: [] }, "Say a value"],
      [{ key: "a", at_least: 2, at_most: 1 }, "no document can fit"],
      [{ key: "a", at_least: "b", at_most: "a" }, "no document can fit"],
      [{ key: "a", at_least: "1", at_most: 2 }, "both text"],
      [{ key: "a", at_least: true } as unknown as Partial<Condition>, "of numbers or of text"],
      [{ key: "a", one_of: ["x".repeat(513)] }, "512"],
    ];
    for (const [condition, said] of wrong) expect(conditionFault(condition)).toContain(said);
    expect(conditionFault({ key: "a", at_least: 1, at_most: 1 })).toBeNull();
    expect(conditionFault({ key: "a", one_of: [true] })).toBeNull();
  });
});
