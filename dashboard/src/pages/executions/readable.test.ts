import { describe, expect, it } from "vitest";
import { asText, readable } from "./readable";

describe("readable", () => {
  it("shows texts as they are", () => {
    expect(readable("a\nb")).toEqual({ as: "text", text: "a\nb" });
  });

  it("shows the variables of a prompt, and a question with its collection, by name", () => {
    expect(readable({ variables: { term: "entropy", count: 2 } })).toEqual({
      as: "fields", fields: [["term", "entropy"], ["count", "2"]],
    });
    expect(readable({ question: "Why?", collection: "sea" })).toMatchObject({ as: "fields" });
  });

  it("shows the rest as JSON", () => {
    expect(readable([1])).toEqual({ as: "json", text: "[\n  1\n]" });
    expect(readable({})).toEqual({ as: "json", text: "{}" });
    expect(readable({ variables: {} })).toEqual({ as: "fields", fields: [["variables", "{}"]] });
    expect(asText(null)).toBe("null");
    expect(asText(undefined)).toBe("null");
  });
});
