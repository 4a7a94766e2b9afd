import { describe, expect, it } from "vitest";
import { activityOf, progressOf } from "./progress";

const running = { state: "running" as const, note: "embedding", progress_done: 32, progress_total: 128, failures: 0 };

describe("a job's progress", () => {
  it("is a share once the total is known", () => {
    expect(progressOf(running)).toBe(0.25);
    expect(progressOf({ progress_done: 0, progress_total: 0 })).toBeNull();
    expect(progressOf(undefined)).toBeNull();
    expect(progressOf({ progress_done: 9, progress_total: 8 })).toBe(1);
  });

  it("is told in words", () => {
    expect(activityOf(running)).toBe("embedding, 32 of 128 passages");
    expect(activityOf({ ...running, progress_total: 0, note: "reading" })).toBe("reading");
    expect(activityOf({ ...running, state: "queued" })).toBe("waiting");
    expect(activityOf({ ...running, state: "queued", failures: 1 })).toBe("waiting to try again");
    expect(activityOf(undefined)).toBe("waiting");
  });
});
