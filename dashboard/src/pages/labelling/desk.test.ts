import { describe, expect, it } from "vitest";
import { type Desk, EMPTY_DESK, fresh, next, type Step } from "./desk";
import { coefficient, shareInWords } from "./words";

const item = (position: number) => ({ position, inputs: { q: position }, expected: null, output: `a${position}` });
const queue = (positions: number[], labelled = 0, left = 10) => ({ items: positions.map(item), labelled, left });
const after = (...steps: Step[]): Desk => steps.reduce(next, EMPTY_DESK);
const positions = (desk: Desk) => desk.waiting.map((one) => one.position);
const received: Step = { kind: "received", queue: queue([4, 2, 9]) };
const pass: Step = { kind: "judged", passed: true };

describe("the desk", () => {
  it("gives rows in the order that the server chose, and counts", () => {
    const desk = after(received, pass);
    expect(positions(desk)).toEqual([2, 9]);
    expect([desk.labelled, desk.left]).toEqual([1, 9]);
    expect(desk.judged).toEqual([{ item: item(4), passed: true }]);
  });

  it("takes in what is new only, and keeps its own counts", () => {
    const desk = after(received, pass, { kind: "received", queue: queue([4, 9, 7], 0, 10) });
    expect(positions(desk)).toEqual([2, 9, 7]);
    expect([desk.labelled, desk.left]).toEqual([1, 9]);
  });

  it("shows what was skipped again after everything else, new rows included", () => {
    const desk = after(received, { kind: "skipped" }, { kind: "received", queue: queue([4, 2, 9, 7]) });
    expect(positions(desk)).toEqual([2, 9, 7, 4]);
    expect(fresh(desk)).toBe(3);
    expect(after(received, { kind: "skipped" }, pass, pass, pass)).toMatchObject({ waiting: [], skipped: [], left: 7 });
  });

  it("takes the last verdict up again, once", () => {
    const desk = after(received, pass, { kind: "undone" });
    expect(positions(desk)).toEqual([4, 2, 9]);
    expect(desk).toMatchObject({ again: { passed: true }, labelled: 0, left: 10 });
    expect(next(desk, { kind: "undone" })).toBe(desk);
    expect(next(desk, { kind: "judged", passed: false })).toMatchObject({ judged: [{ passed: false }], again: null, labelled: 1 });
  });

  it("leaves a verdict as it was when it is passed over after all", () => {
    const desk = after(received, pass, { kind: "undone" }, { kind: "skipped" });
    expect(desk).toMatchObject({ judged: [{ passed: true }], again: null, skipped: [], labelled: 1, left: 9 });
    expect(positions(desk)).toEqual([2, 9]);
  });

  it("brings a row back whose verdict did not arrive, but not under somebody's finger", () => {
    const desk = after(received, pass, { kind: "failed", item: item(4), earlier: null });
    expect(positions(desk)).toEqual([2, 4, 9]);
    expect(desk).toMatchObject({ judged: [], labelled: 0, left: 10 });
    expect(positions(after({ kind: "received", queue: queue([4]) }, pass, { kind: "failed", item: item(4), earlier: null }))).toEqual([4]);
  });

  it("keeps the earlier verdict where a second one did not arrive", () => {
    const earlier = { item: item(4), passed: true };
    const desk = after(received, pass, { kind: "undone" }, { kind: "judged", passed: false }, { kind: "failed", item: item(4), earlier });
    expect(desk).toMatchObject({ judged: [earlier], labelled: 1, left: 9 });
  });

  it("does nothing where nothing waits or was judged", () => {
    for (const step of [pass, { kind: "skipped" }, { kind: "undone" }] as Step[]) expect(next(EMPTY_DESK, step)).toBe(EMPTY_DESK);
  });
});

describe("figures", () => {
  it("are written with their interval", () => {
    expect(shareInWords({ count: 18, of: 20, value: 0.9, low: 0.699, high: 0.972 })).toBe("18 of 20, 90 % (70 to 97 %)");
    expect([coefficient(-0.25), coefficient(null), coefficient(1)]).toEqual(["−0.25", "–", "1.00"]);
  });
});
