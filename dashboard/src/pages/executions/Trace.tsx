import { useState } from "react";
import { Badge } from "../../components/Badge";
import { classes } from "../../components/classes";
import { formatDuration, formatMoment } from "../../components/format";
import type { Detail } from "./queries";
import { asText, oneLine } from "./readable";
import { type PlacedSpan, waterfall } from "./waterfall";

/** The spans of the execution's trace as a waterfall; each opens to its attributes. */
export function Trace({ execution }: { execution: Detail }) {
  const { spans, durationMs } = waterfall(execution.spans);
  if (spans.length === 0) {
    return (
      <p className="text-sm text-muted">
        {execution.trace_id === null
          ? "This run was not traced."
          : "No spans here: they arrive within seconds of the end, and old ones are removed after a while."}
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <p className="flex justify-between text-xs text-muted">
        <span>{spans.length} {spans.length === 1 ? "span" : "spans"}</span>
        <span>{formatDuration(durationMs)} in all, with the request around the run</span>
      </p>
      <ol className="flex flex-col divide-y divide-line rounded-md border border-line">
        {spans.map((placed) => <SpanRow key={placed.span.span_id} placed={placed} />)}
      </ol>
    </div>
  );
}

function SpanRow({ placed }: { placed: PlacedSpan }) {
  const [isOpen, setOpen] = useState(false);
  const { span, depth } = placed;
  const failed = span.status === "error";
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="grid w-full grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-3 gap-y-1 px-3 py-1.5 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[minmax(0,5fr)_minmax(0,4fr)_4.5rem]"
      >
        <span className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: `${Math.min(depth, 8) * 0.875}rem` }}>
          <span className="truncate" title={span.name}>{span.name}</span>
          {failed && <Badge tone="bad">error</Badge>}
        </span>
        <span aria-hidden className="relative h-2.5 rounded-xs bg-raised max-sm:order-3 max-sm:col-span-2">
          <span
            className={classes("absolute inset-y-0 min-w-0.5 rounded-xs", failed ? "bg-bad" : "bg-accent")}
            style={{ left: `${Math.min(placed.start * 100, 99.5)}%`, width: `${placed.width * 100}%` }}
          />
        </span>
        <span className="text-right text-xs text-muted">{formatDuration(span.duration_ms)}</span>
      </button>
      {isOpen && <SpanDetails span={span} />}
    </li>
  );
}

function SpanDetails({ span }: { span: PlacedSpan["span"] }) {
  const attributes = Object.entries(span.attributes).sort(([one], [other]) => one.localeCompare(other));
  const facts = [
    ["Began", formatMoment(span.started_at)],
    ["Kind", span.kind],
    ["Span", span.span_id],
    ...attributes.map(([name, value]) => [name, oneLine(value)]),
  ] as const;
  return (
    <div className="flex flex-col gap-3 bg-raised px-3 py-2.5">
      <dl className="grid gap-x-5 gap-y-1 text-xs sm:grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 font-mono break-words max-sm:mb-1.5">{value}</dd>
          </div>
        ))}
      </dl>
      {span.events.map((event) => (
        <div key={`${asText(event.name)} ${asText(event.at)}`} className="text-xs">
          <p className="font-medium">{asText(event.name)}</p>
          <p className="font-mono break-words text-muted">{oneLine(event.attributes)}</p>
        </div>
      ))}
    </div>
  );
}
