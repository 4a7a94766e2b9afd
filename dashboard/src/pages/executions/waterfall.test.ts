import { describe, expect, it } from "vitest";
import type { Span } from "./queries";
import { waterfall } from "./waterfall";

function span(id: string, parent: string | null, startedAt: string, durationMs: number): Span {
  return {
    trace_id: "t", span_id: id, parent_span_id: parent, name: id, kind: "internal", started_at: startedAt,
    duration_ms: durationMs, status: "unset", attributes: {}, events: [],
  };
}

describe("waterfall", () => {
  it("draws each span below its parent, by time, in shares of the whole", () => {
    const { spans, durationMs } = waterfall([
      span("late", "root", "2026-01-01T00:00:00.006500Z", 2),
      span("early", "root", "2026-01-01T00:00:00.001000Z", 5),
      span("root", "elsewhere", "2026-01-01T00:00:00Z", 10),
      span("deep", "early", "2026-01-01T00:00:00.001500Z", 1),
    ]);
    expect(spans.map((one) => [one.span.name, one.depth])).toEqual([["root", 0], ["early", 1], ["deep", 2], ["late", 1]]);
    expect(durationMs).toBeCloseTo(10);
    expect(spans[3]?.start).toBeCloseTo(0.65);
    expect(spans[3]?.width).toBeCloseTo(0.2);
    expect(spans[1]?.children).toBe(1);
  });

  it("has a place for nothing, and for a trace that takes no time", () => {
    expect(waterfall([])).toEqual({ spans: [], durationMs: 0 });
    expect(waterfall([span("a", null, "2026-01-01T00:00:00Z", 0)]).spans[0]).toMatchObject({ start: 0, width: 0 });
  });

  it("ends for spans that are each other's parents", () => {
    expect(waterfall([span("a", "b", "2026-01-01T00:00:00Z", 1), span("b", "a", "2026-01-01T00:00:00Z", 1)]).spans).toEqual([]);
  });
});
