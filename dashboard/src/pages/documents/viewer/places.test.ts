import { describe, expect, it } from "vitest";
import { acrossOf, pagesInSight, placeOf, topsOf } from "./places";

const PAGES = [{ width: 100, height: 200 }, { width: 100, height: 100 }, { width: 200, height: 100 }];

describe("topsOf", () => {
  it("puts pages below each other, each as high as it is at this width", () => {
    expect(topsOf(PAGES, 100)).toEqual([12, 224, 336, 398]);
    expect(topsOf([], 100)).toEqual([12]);
  });
});

describe("placeOf", () => {
  const tops = topsOf(PAGES, 1000);
  it("is the beginning of a page with the gap before it", () => expect(placeOf(tops, 2, [], 300)).toBe(2012));
  it("has what is highlighted a third of the way down", () =>
    expect(placeOf(tops, 2, [{ top: 0.9 }, { top: 0.5 }], 300)).toBe(2024 + 500 - 100));
  it("stays where there is something to see", () => {
    expect(placeOf(tops, 1, [{ top: 0.01 }], 300)).toBe(0);
    expect(placeOf(tops, 3, [{ top: 1 }], 3000)).toBe(tops[3]! - 3000);
    expect(placeOf(tops, 1, [], 9000)).toBe(0);
  });
});

describe("acrossOf", () => {
  it("begins where the highlights do", () => expect(acrossOf([{ left: 0.5 }, { left: 0.25 }], 800, 390)).toBe(200));
  it("stays where there is something to see", () => {
    expect(acrossOf([{ left: 0.9 }], 800, 390)).toBe(434);
    expect(acrossOf([{ left: 0.9 }], 366, 390)).toBe(0);
    expect(acrossOf([], 800, 390)).toBe(0);
  });
});

describe("pagesInSight", () => {
  const tops = topsOf(PAGES, 100);
  it("has those that can be seen, and what comes next", () => {
    expect(pagesInSight(tops, 0, 100)).toEqual([0]);
    expect(pagesInSight(tops, 150, 100)).toEqual([0, 1]);
    expect(pagesInSight(tops, 0, 1000)).toEqual([0, 1, 2]);
  });
});
