import { describe, expect, it } from "vitest";
import { type Value, haveFault, inWords, metadataOf, pairFault, pairsOf, read, written } from "./values";

describe("a value", () => {
  it("is what it looks like", () => {
    const typed: [string, Value][] = [
      ["ops", "ops"], ["2024", 2024], ["-0.5", -0.5], ["1e3", 1000], ["true", true], ["false", false], ["True", "True"],
      ["\"2024\"", "2024"], ["\"true\"", "true"], ["\"", "\""], ["007", "007"], ["2026-01-31", "2026-01-31"], ["", ""], [" a b ", "a b"],
      ["\"a \\\"b\\\"\"", "a \"b\""], ["\"C:\\dir\"", "C:\\dir"], ["\"a\\nb\"", "a\nb"],
    ];
    for (const [text, value] of typed) expect([text, read(text)]).toEqual([text, value]);
  });

  it("is typed so that it is read as what it is", () => {
    const values: Value[] = ["ops", "2024", 2024, "true", true, "", " a ", "\"a\"", "\"", "a\nb", "C:\\dir", "-1", -1, 0.1, "ü, b", "\\", "\"\\"];
    for (const value of values) expect(read(written(value))).toBe(value);
    expect(written("ops")).toBe("ops");
    expect(written("2024")).toBe("\"2024\"");
  });
});

describe("metadata", () => {
  it("is shown by key and comes back as it was", () => {
    const metadata = { year: 2024, team: "ops", draft: false, code: "007", text: "12" };
    expect(pairsOf(metadata).map(({ key }) => key)).toEqual(["code", "draft", "team", "text", "year"]);
    expect(metadataOf(pairsOf(metadata))).toEqual(metadata);
    expect(inWords({ year: 2024, team: "ops" })).toBe("team: ops · year: 2024");
  });

  it("leaves out what says nothing, and tells what can't be", () => {
    const pairs = [{ key: " team ", value: "ops" }, { key: "", value: "" }];
    expect(metadataOf(pairs)).toEqual({ team: "ops" });
    expect(haveFault(pairs)).toBe(false);
    for (const wrong of [{ key: "", value: "x" }, { key: "a b", value: "x" }, { key: "1a", value: "" }, { key: "a".repeat(65), value: "" }]) {
      expect(pairFault(wrong, [wrong])).toContain("Up to 64 letters");
    }
    expect(pairFault({ key: "a", value: "x".repeat(513) }, [])).toContain("512");
    expect(pairFault({ key: "a", value: "🧭".repeat(512) }, [])).toBeNull();
    expect(pairFault({ key: "a", value: "1e999" }, [])).toContain("2^53");
    expect(haveFault([{ key: "a", value: "1" }, { key: "a", value: "2" }])).toBe(true);
  });
});
