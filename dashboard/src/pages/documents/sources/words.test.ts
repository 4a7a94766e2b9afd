import { describe, expect, it } from "vitest";
import { countWords, intervalOf, isUnderWay, outcomeOf, placeWords, progressWords, scheduleWords } from "./words";

describe("a schedule", () => {
  it("is said in its largest whole unit", () => {
    expect([null, 2, 60, 90, 7_200, 86_400].map(scheduleWords)).toEqual([
      "on demand", "every 2 s", "every minute", "every 90 s", "every 2 h", "every day",
    ]);
    expect(intervalOf(172_800)).toEqual({ number: 2, unit: "days" });
  });
});

describe("a place", () => {
  it("is the member that the kind names", () =>
    expect(placeWords({ settings: { ref: "main", url: "https://a/x.git" } }, { place: "url" })).toBe("https://a/x.git"));
  it("may be several", () => expect(placeWords({ settings: { urls: ["a", "b", "c"] } }, { place: "urls" })).toBe("a and 2 more"));
  it("may be said elsewhere", () =>
    expect(placeWords({ settings: { urls: [], sitemaps: ["https://a/map.xml"] } }, { place: "urls" })).toBe("https://a/map.xml"));
  it("of a kind that is gone is still shown", () => expect(placeWords({ settings: { path: "/a" } }, undefined)).toBe("/a"));
  it("may be nowhere", () => expect(placeWords({ settings: {} }, undefined)).toBe(""));
});

describe("a reading", () => {
  const none = { added: 0, changed: 0, unchanged: 0, removed: 0, failed: 0 };
  it("says what it counted", () => {
    expect(countWords({ ...none, added: 1_200, failed: 1 })).toBe("1,200 added, 1 failed");
    expect(countWords(none)).toBe("nothing there");
  });
  it("came out wholly, partly, or not at all", () => {
    expect(outcomeOf({ state: "succeeded", failed: 0 })).toBe("whole");
    expect(outcomeOf({ state: "succeeded", failed: 2 })).toBe("partly");
    expect(outcomeOf({ state: "failed", failed: 0 })).toBe("failed");
    expect(outcomeOf({ state: "queued", failed: 0 })).toBe("waiting");
  });
  it("is under way until its job ended", () => {
    expect(isUnderWay(null)).toBe(false);
    expect(isUnderWay({ state: "running" })).toBe(true);
    expect(isUnderWay({ state: "cancelled" })).toBe(false);
  });
  it("tells how far it is", () => {
    expect(progressWords({ state: "queued", progress_done: 0, progress_total: 0 })).toBe("waits for its turn");
    expect(progressWords({ state: "running", progress_done: 0, progress_total: 0 })).toBe("listing what is there");
    expect(progressWords({ state: "running", progress_done: 3, progress_total: 9 })).toBe("3 of 9 looked at");
  });
});
