import { describe, expect, it } from "vitest";
import { moveBack, standing } from "./moves";

const MOVE = { kind: "prompt", namespace: "default", name: "greet", label: "production", from: 1, to: 2, reason: "Better" } as const;

describe("moveBack", () => {
  it("is a move like any other, with a reason to begin with", () =>
    expect(moveBack(MOVE)).toEqual({ ...MOVE, from: 2, to: 1, reason: "Back from version 2 to version 1." }));
  it("is not there for a label that is new or did not move", () => {
    expect(moveBack({ ...MOVE, from: undefined })).toBeNull();
    expect(moveBack({ ...MOVE, from: 2 })).toBeNull();
  });
});

describe("standing", () => {
  it("are the newest moves of each label", () => {
    const moves = ["production", "staging", "production"].map((label, place) => ({ label, place }));
    expect([...standing(moves)].map((move) => move.place)).toEqual([0, 1]);
    expect(standing([]).size).toBe(0);
  });
});
