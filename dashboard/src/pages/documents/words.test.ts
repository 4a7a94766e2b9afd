import { describe, expect, it } from "vitest";
import { piecesOf } from "./words";

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
