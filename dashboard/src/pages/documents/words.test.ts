import { describe, expect, it } from "vitest";
import { excerptOf, piecesOf } from "./words";

describe("words of a question in a passage", () => {
  it("are found whatever their case and ending, common ones are not", () => {
    const found = piecesOf("The four Freedoms of the Union.", "What is the freedom of unions?").filter((piece) => piece.isFound);
    expect(found.map((piece) => piece.text)).toEqual(["Freedoms", "Union"]);
  });

  it("leave the text as it is", () => {
    const text = "Grüße, Ålesund: 41 Meter!";
    expect(piecesOf(text, "ålesund 41").map((piece) => piece.text).join("")).toBe(text);
    expect(piecesOf(text, "")).toEqual([{ text, isFound: false }]);
  });
});

describe("an excerpt", () => {
  it("is the text in one line when it is short", () => {
    expect(excerptOf("One\ntwo  three.", "two")).toBe("One two three.");
  });

  it("shows where most words of the question stand", () => {
    const filler = "Nothing to see here at all. ".repeat(40);
    const text = `A freedom at first. ${filler}The freedom from fear is the fourth freedom. ${filler}`;
    const excerpt = excerptOf(text, "freedom from fear");
    expect(excerpt).toContain("The freedom from fear is the fourth freedom.");
    expect(excerpt.startsWith("… ") && excerpt.endsWith(" …")).toBe(true);
    expect(excerpt.length).toBeLessThanOrEqual(424);
    expect(excerptOf(text, "")).toMatch(/^A freedom at first/);
  });
});
