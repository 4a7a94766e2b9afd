import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { Badge } from "../../../components/Badge";
import { DataTable } from "../../../components/DataTable";
import { formatDuration } from "../../../components/format";
import { Card } from "../../../components/Page";
import { formatInterval, formatScore } from "../../evaluations/scores";
import { titleOf } from "./grid";
import type { Combination, SweepDetail } from "./queries";

/** Every combination with its figures: the plot in numbers, and the way to its rows and to the editor. */
export function Points({ sweep, picked, onPick }: { sweep: SweepDetail; picked: readonly number[]; onPick: (position: number) => void }) {
  const columns = useMemo(
    () => columnsFor(sweep, picked, onPick),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `onPick` is new with every drawing and does the same
    [sweep, picked.join()],
  );
  return (
    <Card title="Combinations" flush>
      <DataTable label="Combinations" columns={columns} rows={sweep.points} rowKey={(row) => String(row.position)} />
    </Card>
  );
}

function columnsFor(sweep: SweepDetail, picked: readonly number[], onPick: (position: number) => void): ColumnDef<Combination, unknown>[] {
  return [
    {
      id: "pick",
      header: () => <span className="sr-only">Draw its risk</span>,
      cell: ({ row: { original } }) => (
        <input
          type="checkbox"
          aria-label={`Draw the risk of combination ${original.position}`}
          className="size-4 align-middle accent-accent"
          checked={picked.includes(original.position)}
          disabled={original.figures === null}
          onChange={() => onPick(original.position)}
        />
      ),
      meta: { className: "w-8" },
    },
    {
      header: "Options",
      cell: ({ row: { original } }) => (
        <span className="flex min-w-0 flex-col items-start gap-0.5">
          <span className="break-words">
            <span className="text-muted">{original.position}</span> {titleOf(original)}
          </span>
          <span className="flex flex-wrap gap-1">
            {original.is_optimal && <Badge tone="good">not beaten</Badge>}
            {original.figures !== null && original.figures.failed > 0 && <Badge tone="bad">{`${original.figures.failed} without an output`}</Badge>}
          </span>
          <span className="flex flex-wrap gap-x-3 text-xs">
            {original.figures && (
              <Link to="/evaluations/$evaluationId" params={{ evaluationId: original.evaluation_id }} className="text-accent-ink underline">
                Rows<span className="sr-only"> of combination {original.position}</span>
              </Link>
            )}
            <Link
              to="/strategies/-/edit"
              search={{ strategy: `${sweep.strategy}/${sweep.strategy_number}`, collection: sweep.collection, options: original.options }}
              className="text-accent-ink underline"
            >
              Use these options<span className="sr-only"> of combination {original.position}</span>
            </Link>
          </span>
        </span>
      ),
    },
    { header: sweep.metric, cell: ({ row }) => <Metric combination={row.original} scorer={sweep.metric} />, meta: { align: "right" } },
    ...sweep.scorers
      .filter((name) => name !== sweep.metric)
      .map((name): ColumnDef<Combination, unknown> => ({
        id: `scorer ${name}`,
        header: name,
        cell: ({ row }) => <Metric combination={row.original} scorer={name} />,
        meta: { align: "right", hideWhenNarrow: true },
      })),
    { header: "Answered", cell: ({ row }) => <Answered combination={row.original} />, meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "p50, p95",
      cell: ({ row: { original: { figures } } }) => (
        <span className="flex flex-col whitespace-nowrap">
          <span>{figures?.latency_p50_ms == null ? "–" : formatDuration(figures.latency_p50_ms)}</span>
          {figures?.latency_p95_ms != null && <span className="text-xs text-muted">{formatDuration(figures.latency_p95_ms)}</span>}
        </span>
      ),
      meta: { align: "right" },
    },
  ];
}

function Metric({ combination: { figures }, scorer }: { combination: Combination; scorer: string }) {
  const metric = figures?.metrics.find((one) => one.scorer === scorer);
  if (!metric) return <>–</>;
  return (
    <span className="flex flex-col">
      <span className="whitespace-nowrap">{formatScore(metric.mean, metric)}</span>
      <span className="text-xs text-muted">{formatInterval(metric.low, metric.high, metric)}</span>
    </span>
  );
}

function Answered({ combination: { figures } }: { combination: Combination }) {
  if (!figures) return <>–</>;
  const { answered, refused, failed } = figures;
  return <span className="whitespace-nowrap">{answered} of {answered + refused + failed}</span>;
}
