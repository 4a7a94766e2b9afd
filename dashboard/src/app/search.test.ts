import { defaultParseSearch } from "@tanstack/react-router";
import { describe, expect, it } from "vitest";
import { flag, oneOf, ownPath, text, whole, writeSearch } from "./search";

describe("writeSearch", () => {
  it("writes numbers plainly, and reads links with quoted ones", () => {
    expect(writeSearch({ version: "12" })).toBe("?version=12");
    expect(text(defaultParseSearch("?version=%2212%22"), "version")).toBe("12");
  });
  it("writes every text so that it is read again", () => {
    for (const q of ["3", "-1", "0", "007", "1.0", "1e3", "9007199254740993", "true", "null", "[1]", '"x"', "{}", "say: a & b"]) {
      expect(text(defaultParseSearch(writeSearch({ q })), "q")).toBe(q);
    }
  });
  it("writes objects as JSON", () => {
    const variables = { count: 2, names: ["1"] };
    expect(defaultParseSearch(writeSearch({ variables }))).toEqual({ variables });
  });
  it("repeats the name of a list of texts", () => {
    expect(writeSearch({ evaluation: ["a b", "c"], changed: true })).toBe("?changed=true&evaluation=a+b&evaluation=c");
    expect(writeSearch({ pick: ["a"], q: undefined })).toBe("?pick=a");
    expect(defaultParseSearch(writeSearch({ pick: ["a", "b"] }))).toEqual({ pick: ["a", "b"] });
    expect(writeSearch({ pick: [] })).toBe("");
  });
});

describe("search parameters", () => {
  it("reads texts, and numbers as texts", () => {
    expect(text({ q: "hello" }, "q")).toBe("hello");
    expect(text({ q: 12 }, "q")).toBe("12");
    expect(text({ q: "" }, "q")).toBeUndefined();
    expect(text({ q: ["a"] }, "q")).toBeUndefined();
  });
  it("reads paths of this site only", () => {
    expect(ownPath({ next: "/prompts?q=1" }, "next")).toBe("/prompts?q=1");
    for (const elsewhere of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      expect(ownPath({ next: elsewhere }, "next")).toBeUndefined();
    }
  });
  it("reads whole numbers that are large enough", () => {
    expect(whole({ v: 3 }, "v")).toBe(3);
    expect(whole({ v: "3" }, "v")).toBe(3);
    expect(whole({ v: 0 }, "v")).toBeUndefined();
    expect(whole({ v: "x" }, "v")).toBeUndefined();
    expect(whole({}, "v")).toBeUndefined();
    expect(whole({ v: "" }, "v", 0)).toBeUndefined();
  });
  it("reads words and flags", () => {
    expect(oneOf({ view: "split" }, "view", ["unified", "split"])).toBe("split");
    expect(oneOf({ view: "else" }, "view", ["unified", "split"])).toBeUndefined();
    expect(flag({ on: "true" }, "on")).toBe(true);
    expect(flag({ on: false }, "on")).toBeUndefined();
  });
});
