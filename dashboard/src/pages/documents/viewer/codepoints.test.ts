import { describe, expect, it } from "vitest";
import { codePoints, earlierPiece, laterPiece, markedAround, openedPiece, unitOffset } from "./codepoints";

const TEXT = "Grüße 👩‍🚀 aus Ålesund";

describe("code points", () => {
  it("are counted as Python counts them", () => {
    expect(codePoints(TEXT)).toBe([...TEXT].length);
    expect(unitOffset(TEXT, 7)).toBe(8);
    expect(unitOffset(TEXT, 999)).toBe(TEXT.length);
  });

  it("mark the same characters as the engine cites", () => {
    const start = [...TEXT].indexOf("a");
    const { before, marked, after } = markedAround(TEXT, 0, { start, end: start + 3 });
    expect([before, marked, after]).toEqual(["Grüße 👩‍🚀 ", "aus", " Ålesund"]);
  });

  it("are counted from where a piece begins", () => {
    expect(markedAround("cdef", 2, { start: 3, end: 5 })).toEqual({ before: "c", marked: "de", after: "f" });
    expect(markedAround("cdef", 2, { start: 0, end: 3 })).toEqual({ before: "", marked: "c", after: "def" });
    expect(markedAround("cdef", 2, { start: 3, end: 3 })).toEqual({ before: "c", marked: "", after: "def" });
  });
});

describe("the piece that is opened first", () => {
  it("is the beginning without a span", () => {
    expect(openedPiece(100, { start: 0, end: 0 })).toEqual({ start: 0, end: 100 });
    expect(openedPiece(1_000_000, { start: 0, end: 0 })).toEqual({ start: 0, end: 12_000 });
  });

  it("surrounds the span and stays inside the text", () => {
    const piece = openedPiece(1_000_000, { start: 500_000, end: 500_100 });
    expect(piece.start).toBeLessThan(500_000);
    expect(piece.end).toBeGreaterThan(500_100);
    expect(openedPiece(500_200, { start: 500_000, end: 500_100 }).end).toBe(500_200);
  });
});

describe("more of a text", () => {
  it("grows the piece, then moves it on", () => {
    expect(laterPiece({ start: 0, end: 12_000 }, 1_000_000)).toEqual({ start: 0, end: 52_000 });
    expect(laterPiece({ start: 0, end: 90_000 }, 1_000_000)).toEqual({ start: 30_000, end: 130_000 });
    expect(laterPiece({ start: 0, end: 12_000 }, 20_000)).toEqual({ start: 0, end: 20_000 });
    expect(earlierPiece({ start: 30_000, end: 130_000 })).toEqual({ start: 0, end: 100_000 });
    expect(earlierPiece({ start: 60_000, end: 70_000 })).toEqual({ start: 20_000, end: 70_000 });
  });
});
