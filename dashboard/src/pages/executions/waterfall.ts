/** Where each span of a trace lies: its depth, and its place as shares of the whole. */
import type { Span } from "./queries";

export interface PlacedSpan {
  span: Span;
  depth: number;
  /** Share of the whole before it begins, 0 to 1. */
  start: number;
  /** Its share of the whole. */
  width: number;
  children: number;
}

export interface Waterfall {
  spans: PlacedSpan[];
  durationMs: number;
}

/** Place spans in the order of a tree: each after its parent, siblings by time. A parent that is not there leaves a root. */
export function waterfall(spans: readonly Span[]): Waterfall {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = span.parent_span_id !== null && ids.has(span.parent_span_id) ? span.parent_span_id : null;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const starts = new Map(spans.map((span) => [span.span_id, startOf(span)]));
  const at = (span: Span) => starts.get(span.span_id) ?? 0;
  const origin = Math.min(...starts.values());
  const end = Math.max(...spans.map((span) => at(span) + span.duration_ms));
  const whole = Math.max(end - origin, 0.001);
  const placed: PlacedSpan[] = [];
  const seen = new Set<string>();
  const waiting = order(children.get(null), at).map((span) => ({ span, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { span, depth } = next;
    if (seen.has(span.span_id)) continue;
    seen.add(span.span_id);
    const below = order(children.get(span.span_id), at);
    placed.push({
      span, depth, start: (at(span) - origin) / whole, width: span.duration_ms / whole, children: below.length,
    });
    waiting.push(...below.map((child) => ({ span: child, depth: depth + 1 })));
  }
  return { spans: placed, durationMs: spans.length === 0 ? 0 : end - origin };
}

/** Latest first, to be taken from the end. */
function order(spans: readonly Span[] | undefined, at: (span: Span) => number): Span[] {
  return [...(spans ?? [])].sort((one, other) => at(other) - at(one));
}

/** Milliseconds with their fraction: Date keeps whole ones only, and spans are shorter. */
function startOf(span: Span): number {
  const fraction = /\.(\d+)/.exec(span.started_at)?.[1] ?? "";
  const whole = Math.floor(Date.parse(span.started_at) / 1000) * 1000;
  return whole + Number(`0.${fraction || "0"}`) * 1000;
}
