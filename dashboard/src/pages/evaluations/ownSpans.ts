/** The part of a trace that is one run's: all rows of an evaluation lie in the trace of its job. */
import type { Span } from "../executions/queries";

const EXECUTION = "mcp_engine.execution.id";

/** Return the spans that name an execution, with everything below them. */
export function ownSpans(spans: readonly Span[], executionId: string): Span[] {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const isOwn = (span: Span | undefined, seen: ReadonlySet<string>): boolean => {
    if (span === undefined || seen.has(span.span_id)) return false;
    const named = span.attributes[EXECUTION];
    if (named !== undefined) return named === executionId;
    return span.parent_span_id !== null && isOwn(byId.get(span.parent_span_id), new Set([...seen, span.span_id]));
  };
  return spans.filter((span) => isOwn(span, new Set()));
}
