import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Badge } from "../../components/Badge";
import { formatCost, formatCount, formatDuration } from "../../components/format";
import { TimeAgo } from "../../components/TimeAgo";
import { kindName, StatusBadge, subjectOf } from "./labels";
import type { Summary } from "./queries";

export const columns: ColumnDef<Summary, unknown>[] = [
  { header: "What ran", cell: ({ row }) => <Subject execution={row.original} />, meta: { className: "w-full max-w-0" } },
  { header: "Status", cell: ({ row }) => <StatusBadge execution={row.original} /> },
  { header: "Started", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
  {
    header: "Model",
    cell: ({ row }) => <span className="block max-w-44 truncate">{row.original.model?.model ?? "–"}</span>,
    meta: { hideWhenNarrow: true },
  },
  {
    header: "Tokens in",
    cell: ({ row }) => optional(row.original.input_tokens, formatCount),
    meta: { align: "right", hideWhenNarrow: true, className: "whitespace-nowrap" },
  },
  {
    header: "Out",
    cell: ({ row }) => optional(row.original.output_tokens, formatCount),
    meta: { align: "right", hideWhenNarrow: true, className: "whitespace-nowrap" },
  },
  {
    header: "First token",
    cell: ({ row }) => optional(row.original.latency_first_token_ms, formatDuration),
    meta: { align: "right", hideWhenNarrow: true, className: "whitespace-nowrap" },
  },
  { header: "Total", cell: ({ row }) => optional(row.original.latency_total_ms, formatDuration), meta: { align: "right", className: "whitespace-nowrap" } },
  { header: "Cost", cell: ({ row }) => formatCost(row.original.cost_usd), meta: { align: "right", hideWhenNarrow: true, className: "whitespace-nowrap" } },
];

/** Return a value in words, or a dash for none. */
export function optional<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? "–" : format(value);
}

function Subject({ execution }: { execution: Summary }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
        <Link
          from="/executions" to="/executions" resetScroll={false}
          search={(search) => ({ ...search, open: execution.id })}
          className="font-medium hover:underline"
          preload={false}
        >
          {subjectOf(execution)}
        </Link>
        {execution.artifact?.label && <Badge tone="accent">{execution.artifact.label}</Badge>}
        {execution.artifact && <span className="text-xs text-muted @max-3xl:hidden">{kindName(execution.kind)}</span>}
      </span>
      <Excerpt text={execution.excerpt} />
      <span className="text-xs text-muted @3xl:hidden"><TimeAgo at={execution.created_at} /></span>
    </div>
  );
}

/** What it was asked or given, on two lines at the most. */
function Excerpt({ text }: { text: string | null }) {
  if (text === "") return null;
  return (
    <span title={text ?? undefined} className="line-clamp-2 text-xs break-words text-muted">
      {text ?? "Inputs erased"}
    </span>
  );
}
