import { describe, expect, it } from "vitest";
import { fieldsOf, kindOf, knownValues, missingNames, readAs, shownAs, withEmptyTexts, withValue } from "./fields";

const schema = {
  type: "object",
  properties: {
    style: { type: "string", enum: ["formal", "plain"], default: "plain" },
    question: { type: "string", description: "What to answer." },
    limit: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
    anything: true,
  },
  required: ["question", "style"],
};

describe("fieldsOf", () => {
  it("puts required fields first; one with a default is not required", () => {
    expect(fieldsOf(schema).map((field) => [field.name, field.kind, field.required])).toEqual([
      ["question", "long-text", true],
      ["style", "choice", false],
      ["limit", "integer", false],
      ["tags", "json", false],
      ["anything", "json", false],
    ]);
  });
  it("makes nothing of a schema without properties", () => expect(fieldsOf({ type: "object" })).toEqual([]));
});

describe("kindOf", () => {
  it("tells short texts from long ones", () => {
    expect(kindOf({ type: "string", maxLength: 40 })).toBe("text");
    expect(kindOf({ type: "string" })).toBe("long-text");
  });
  it("edits objects of unknown members as JSON", () => {
    expect(kindOf({ type: "object" })).toBe("json");
    expect(kindOf({ type: "object", properties: { a: {} } })).toBe("object");
  });
});

describe("settings", () => {
  const schema = {
    properties: {
      urls: { type: "array", items: { type: "string" }, default: [] },
      region: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
      either: { anyOf: [{ type: "string" }, { type: "integer" }] },
      path: { type: "string", maxLength: 4096 },
    },
    required: ["path"],
  };
  it("are texts of one line each, and lists of them", () =>
    expect(fieldsOf(schema, "settings").map((field) => [field.name, field.kind])).toEqual([
      ["path", "text"],
      ["urls", "lines"],
      ["region", "text"],
      ["either", "json"],
    ]));
  it("are written one a line", () => {
    expect(readAs("lines", " https://a/ \n\nhttps://b/\n")).toEqual({ value: ["https://a/", "https://b/"] });
    expect(readAs("lines", "")).toEqual({ value: [] });
    expect(shownAs("lines", ["a", "b"])).toBe("a\nb");
  });
  it("that are null are shown as none", () => {
    expect(shownAs("text", null)).toBe("");
    expect(shownAs("json", null)).toBe("null");
  });
});

describe("readAs", () => {
  it("reads numbers, and says what is none", () => {
    expect(readAs("number", "1.5")).toEqual({ value: 1.5 });
    expect(readAs("integer", "1.5")).toEqual({ fault: "Enter a whole number." });
    expect(readAs("number", "x")).toEqual({ fault: "Enter a number." });
    expect(readAs("number", " ")).toEqual({ value: undefined });
  });
  it("reads JSON, and says where it ends", () => {
    expect(readAs("json", '{"a": [1]}')).toEqual({ value: { a: [1] } });
    expect(readAs("json", "{")).toHaveProperty("fault");
    expect(readAs("choice", '"plain"')).toEqual({ value: "plain" });
  });
  it("shows what it read", () => {
    for (const value of [{ a: 1 }, [1, "x"], null]) {
      expect(readAs("json", shownAs("json", value))).toEqual({ value });
    }
    expect(shownAs("choice", undefined)).toBe("");
  });
});

describe("values", () => {
  it("are changed and taken out", () => {
    expect(withValue({ a: 1 }, "b", 2)).toEqual({ a: 1, b: 2 });
    expect(withValue({ a: 1, b: 2 }, "b", undefined)).toEqual({ a: 1 });
  });
  it("of variables that are gone are not sent", () =>
    expect(knownValues(schema, { question: "x", gone: 1 })).toEqual({ question: "x" }));
  it("of required fields are missing until they are given, or said to be empty", () => {
    expect(missingNames(schema, {})).toEqual(["question"]);
    expect(missingNames(schema, { question: "" })).toEqual([]);
    const others = { properties: { ok: { type: "boolean" }, n: { type: "integer" } }, required: ["ok", "n"] };
    expect(missingNames(others, {})).toEqual(["n"]);
    expect(missingNames({}, {})).toEqual([]);
  });
  it("of required texts begin empty", () => {
    expect(withEmptyTexts(schema, { limit: 2 })).toEqual({ question: "", limit: 2 });
    expect(withEmptyTexts(schema, { question: "x" })).toEqual({ question: "x" });
  });
});
