import { expect, it } from "vitest";
import type { Span } from "../executions/queries";
import { ownSpans } from "./ownSpans";

function span(id: string, parent: string | null, execution?: string): Span {
  const attributes = execution === undefined ? {} : { "mcp_engine.execution.id": execution };
  return { span_id: id, parent_span_id: parent, attributes } as unknown as Span;
}

it("keeps one run's spans of a job that had many", () => {
  const spans = [span("job", null), span("a", "job", "one"), span("below a", "a"), span("b", "job", "other"), span("below b", "b")];
  expect(ownSpans(spans, "one").map((one) => one.span_id)).toEqual(["a", "below a"]);
  expect(ownSpans(spans, "nothing")).toEqual([]);
});

it("does not go round in circles, nor need a parent that is not there", () => {
  expect(ownSpans([span("a", "b"), span("b", "a"), span("c", "gone")], "one")).toEqual([]);
});
