import { describe, expect, it } from "vitest";
import { after, placeOf, type Problem, type Report, share, type Verification } from "./verification";

const IDLE: Verification = { state: "idle" };

describe("after", () => {
  it("follows progress to the report", () => {
    const progress = { stage: "leaves", done: 5, total: 10 };
    const running = after(IDLE, { event: "progress", data: progress });
    expect(running).toEqual({ state: "running", ...progress });
    const report = { ok: true } as Report;
    expect(after(running, { event: "report", data: report }, 7)).toEqual({ state: "done", report, at: 7 });
    expect(after(running, { event: "news", data: {} })).toBe(running);
  });
});

describe("share", () => {
  it("counts leaves as the first half and entries as the second", () => {
    const at = (stage: "leaves" | "entries", done: number, total: number) => share({ state: "running", stage, done, total });
    expect([at("leaves", 0, 10), at("leaves", 10, 10), at("entries", 5, 10), at("entries", 20, 10)]).toEqual([0, 0.5, 0.75, 1]);
    expect(at("leaves", 0, 0)).toBe(1);
  });
});

describe("placeOf", () => {
  it("names the leaf, what it is about and the fact", () => {
    const problem = { what: "x", position: 4, seq: 4, kind: "execution.ended", subject: "e", fact: "status" } as Problem;
    expect(placeOf(problem)).toBe("leaf 4 · execution.ended · e · fact status");
    expect(placeOf({ what: "x", position: 9, seq: null } as Problem)).toBe("leaf 9 or before");
  });
});
