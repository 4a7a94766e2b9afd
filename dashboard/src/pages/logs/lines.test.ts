import { describe, expect, it } from "vitest";
import { countOf, EMPTY_TAIL, type Entry, isGap, joined, type LogLine, MOST_ENTRIES, summary, tailReducer } from "./lines";

function line(id: number, more: Partial<LogLine> = {}): LogLine {
  return {
    id: String(id), time: "2026-05-01T12:00:00Z", level: "info", event: "started", logger: null, process: "server",
    pid: 1, request_id: null, trace_id: null, span_id: null, instance_wide: false, fields: {}, ...more,
  };
}

const ids = (entries: readonly Entry[]) => entries.map((entry) => entry.id);

describe("the tail", () => {
  it("puts what arrives on top", () => {
    const tail = tailReducer({ ...EMPTY_TAIL, shown: [line(1)] }, { type: "arrived", entries: [line(2), line(3)] });
    expect(ids(tail.shown)).toEqual(["3", "2", "1"]);
  });

  it("keeps the list still while it is held, and shows everything in order afterwards", () => {
    let tail = tailReducer({ ...EMPTY_TAIL, shown: [line(1)] }, { type: "hold", held: true });
    tail = tailReducer(tail, { type: "arrived", entries: [line(2)] });
    tail = tailReducer(tail, { type: "arrived", entries: [line(3)] });
    expect(ids(tail.shown)).toEqual(["1"]);
    expect(countOf(tail.waiting)).toBe(2);
    expect(ids(tailReducer(tail, { type: "release" }).shown)).toEqual(["3", "2", "1"]);
    tail = tailReducer(tail, { type: "hold", held: false });
    expect(ids(tail.shown)).toEqual(["3", "2", "1"]);
    expect(tail.waiting).toEqual([]);
  });

  it("has a limit, and says what it no longer has", () => {
    const many = Array.from({ length: MOST_ENTRIES + 7 }, (_, index) => line(index + 1));
    const tail = tailReducer(EMPTY_TAIL, { type: "arrived", entries: many });
    expect(tail.shown.length).toBe(MOST_ENTRIES + 1);
    const last = tail.shown.at(-1)!;
    expect(isGap(last) && last.gap).toBe(7);
    const next = tailReducer(tail, { type: "arrived", entries: [line(9_000)] });
    expect(countOf(next.shown)).toBe(MOST_ENTRIES + 8);
  });
});

describe("joining", () => {
  it("leaves out what was fetched and came live too", () => {
    expect(ids(joined([line(5), { gap: 2, id: "g" }, line(3), line(2)], [line(3), line(1)]))).toEqual(["5", "g", "3", "1"]);
    expect(ids(joined([line(5)], []))).toEqual(["5"]);
  });
});

describe("a line in words", () => {
  it("writes requests as people do", () => {
    const fields = { method: "GET", route: "/a/{b}", path: "/a/1", status: 200, duration_ms: 12.4 };
    expect(summary(line(1, { event: "request", fields }))).toBe("GET /a/1 → 200 · 12 ms");
  });

  it("writes other fields by name, flat and short", () => {
    const text = summary(line(1, { fields: { path: "/a", pid: null, error: "two\n  lines", list: [1, 2] } }));
    expect(text).toBe("path=/a  error=two lines  list=[1,2]");
    expect(summary(line(1, { fields: { long: "x".repeat(500) } })).length).toBeLessThan(180);
  });
});
