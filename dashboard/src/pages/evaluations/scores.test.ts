import { describe, expect, it } from "vitest";
import type { Metric } from "./queries";
import { extentAround, extentOf, failuresOf, formatDifference, formatInterval, formatP, formatScore, placeIn } from "./scores";

const SHARE = { scale: "share", unit: "" } as const;
const MS = { scale: "amount", unit: "ms" } as const;

describe("numbers", () => {
  it("are written in the unit of their scorer", () => {
    expect(formatScore(0.625, SHARE)).toBe("62.5 %");
    expect(formatScore(1, SHARE)).toBe("100 %");
    expect(formatScore(1240, MS)).toBe("1.24 s");
    expect(formatScore(0.002, { scale: "amount", unit: "USD" })).toBe("$0.0020");
    expect(formatScore(12.345, { scale: "amount", unit: "characters" })).toBe("12.3 characters");
    expect(formatScore(1024.4, { scale: "amount", unit: "" })).toBe("1,024");
    expect(formatScore(null, SHARE)).toBe("–");
  });
  it("of differences always have their sign", () => {
    expect(formatDifference(0.125, SHARE)).toBe("+12.5 points");
    expect(formatDifference(-120, MS)).toBe("−120 ms");
    expect(formatDifference(0, SHARE)).toBe("±0 points");
  });
  it("of intervals stand together", () => {
    expect(formatInterval(0.5, 0.75, SHARE)).toBe("50 to 75 %");
    expect(formatInterval(-0.05, 0.2, SHARE, "points")).toBe("−5 to 20 points");
    expect(formatInterval(-20, 120, MS)).toBe("−20 ms to 120 ms");
    expect(formatInterval(null, null, MS)).toBeNull();
  });
  it("of surprise are not smaller than can be told", () => {
    expect(formatP(0.0004)).toBe("< 0.001");
    expect(formatP(0.0421)).toBe("0.042");
    expect(formatP(null)).toBe("–");
  });
});

describe("bars", () => {
  it("go over all of a share, and from nothing to the largest amount", () => {
    expect(extentOf("share", [0.2])).toEqual({ from: 0, to: 1 });
    expect(extentOf("amount", [100, null, 200])).toEqual({ from: 0, to: 210 });
    expect(extentOf("amount", []).to).toBeGreaterThan(0);
  });
  it("of differences have zero in the middle", () => {
    const extent = extentAround([{ low: -0.4, difference: 0.1, high: 0.3 }, { low: null, difference: null, high: null }]);
    expect(extent.from).toBe(-extent.to);
    expect(placeIn(extent, 0)).toBe(0.5);
    expect(placeIn(extent, -9)).toBe(0);
  });
});

it("failures come with the most frequent first", () => {
  const metric = (scorer: string, failures: Record<string, number>) => ({ scorer, failures }) as Metric;
  expect(failuresOf([metric("a", { x: 1 }), metric("b", { y: 3, z: 2 })]).map((one) => one.code)).toEqual(["y", "z", "x"]);
});
