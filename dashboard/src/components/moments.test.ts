import { describe, expect, it } from "vitest";
import { fromLocal, toLocal } from "./moments";

describe("moments", () => {
  it("return from the control as they went in", () => {
    for (const iso of ["2026-01-31T09:30:00.000Z", "2026-07-31T23:59:59.000Z"]) {
      expect(fromLocal(toLocal(iso))).toBe(iso);
    }
  });

  it("are none while nothing is entered", () => {
    expect(toLocal(undefined)).toBe("");
    expect(fromLocal("")).toBeUndefined();
  });
});
