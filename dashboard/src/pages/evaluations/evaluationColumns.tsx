import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { formatCount } from "../../components/format";
import { TimeAgo } from "../../components/TimeAgo";
import { SmallMetric } from "./Interval";
import type { Evaluation } from "./queries";
import { type Extent, extentOf } from "./scores";
import { Standing } from "./StateBadge";

interface ColumnOptions {
  picked: readonly string[];
  /** What the bars of each scorer go over, by its lock, so that they can be compared from line to line. */
  extents: ReadonlyMap<string, Extent>;
  onPick: (id: string) => void;
}

export function columnsFor({ picked, extents, onPick }: ColumnOptions): ColumnDef<Evaluation, unknown>[] {
  return [
    {
      id: "pick",
      header: () => <span className="sr-only">Compare</span>,
      cell: ({ row: { original } }) => (
        <input
          type="checkbox"
          aria-label={`Compare ${nameOf(original)}`}
          title={original.metrics === null ? "It can be compared once it has ended." : undefined}
          className="size-4 accent-accent align-middle"
          checked={picked.includes(original.id)}
          disabled={original.metrics === null && !picked.includes(original.id)}
          onChange={() => onPick(original.id)}
        />
      ),
      meta: { className: "w-8" },
    },
    {
      header: "Version",
      cell: ({ row: { original } }) => (
        <span className="flex min-w-0 flex-col">
          <Link to="/evaluations/$evaluationId" params={{ evaluationId: original.id }} className="font-medium break-words hover:underline">
            {original.name}/{original.number}
          </Link>
          {original.label && <span className="text-xs text-muted">as {original.label}</span>}
          <span className="text-xs break-words text-muted @3xl:hidden">on {rowsOf(original)}</span>
        </span>
      ),
    },
    {
      header: "On",
      cell: ({ row: { original } }) => (
        <span className="flex min-w-0 flex-col">
          <Link to="/datasets/$name" params={{ name: original.dataset_name }} search={{ version: String(original.dataset_number), split: original.split }} className="break-all hover:underline">
            {original.dataset_name}/{original.dataset_number}
          </Link>
          <span className="text-xs text-muted">{original.split}</span>
        </span>
      ),
      meta: { hideWhenNarrow: true },
    },
    {
      header: "Scores",
      cell: ({ row }) => <Scores evaluation={row.original} extents={extents} />,
    },
    { header: "Rows", cell: ({ row }) => formatCount(row.original.rows), meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "Failed",
      cell: ({ row: { original } }) => (original.failed_rows === null ? "–" : formatCount(original.failed_rows)),
      meta: { align: "right", hideWhenNarrow: true },
    },
    { header: "State", cell: ({ row }) => <Standing evaluation={row.original} />, meta: { hideWhenNarrow: true } },
    { header: "Started", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
  ];
}

/** The means of an evaluation that has ended; what it scores, or why there is nothing, of another. */
function Scores({ evaluation, extents }: { evaluation: Evaluation; extents: ReadonlyMap<string, Extent> }) {
  const { metrics, scorers } = evaluation;
  if (metrics === null) {
    return (
      <span className="flex flex-col gap-1">
        <span className="text-xs break-words text-muted">{scorers.join(", ")}</span>
        <span className="@3xl:hidden"><Standing evaluation={evaluation} /></span>
      </span>
    );
  }
  return (
    <span className="flex flex-col gap-0.5">
      {metrics.map((metric) => (
        <SmallMetric key={metric.scorer} {...metric} measure={metric} extent={extents.get(metric.lock_digest) ?? extentOf(metric.scale, [])} />
      ))}
    </span>
  );
}

/** What an evaluation is called: the version that it ran. */
export function nameOf({ name, number }: Pick<Evaluation, "name" | "number">): string {
  return `${name}/${number}`;
}

/** What it ran on. */
export function rowsOf(evaluation: Pick<Evaluation, "dataset_name" | "dataset_number" | "split">): string {
  return `${evaluation.dataset_name}/${evaluation.dataset_number}, ${evaluation.split}`;
}
