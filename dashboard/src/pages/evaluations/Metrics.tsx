import type { ColumnDef } from "@tanstack/react-table";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { Interval } from "./Interval";
import type { Evaluation, Metric } from "./queries";
import { extentOf, failuresOf, formatInterval, formatScore } from "./scores";

const columns: ColumnDef<Metric, unknown>[] = [
  {
    header: "Scorer",
    cell: ({ row: { original } }) => (
      <span className="flex flex-col">
        <span className="font-medium break-all">{original.scorer}</span>
        <span className="text-xs text-muted">{original.type} · {original.direction} is better</span>
      </span>
    ),
  },
  { header: "Mean", cell: ({ row }) => <span className="font-medium whitespace-nowrap">{formatScore(row.original.mean, row.original)}</span>, meta: { align: "right" } },
  {
    header: "95 % interval",
    cell: ({ row: { original } }) => {
      const ends = formatInterval(original.low, original.high, original);
      return (
        <span className="flex flex-col gap-0.5" title={original.method ?? undefined}>
          <Interval
            value={original.mean}
            {...{ low: original.low, high: original.high, measure: original }}
            extent={extentOf(original.scale, [original.high, original.mean])}
            label={`${original.scorer}: ${formatScore(original.mean, original)}`}
          />
          <span className="text-xs text-muted">{ends ?? "too few rows for one"}</span>
        </span>
      );
    },
    meta: { className: "w-2/5 @max-3xl:w-1/3" },
  },
  { header: "Scored", cell: ({ row }) => formatCount(row.original.scored), meta: { align: "right", hideWhenNarrow: true } },
];

/** What every scorer says of all rows, and why rows have no score. */
export function Metrics({ evaluation, metrics, onFailed }: { evaluation: Evaluation; metrics: readonly Metric[]; onFailed: () => void }) {
  const failures = failuresOf(metrics);
  const failed = evaluation.failed_rows ?? 0;
  const hasFaults = failures.length > 0 || failed > 0;
  return (
    <Card title="Metrics" flush>
      <DataTable label="Metrics" columns={columns} rows={[...metrics]} rowKey={(metric) => metric.scorer} />
      {hasFaults && (
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-t border-line px-4 py-2.5 text-sm">
          {failed > 0 && <Badge tone="bad">{formatCount(failed)} without an output</Badge>}
          {failures.map(({ scorer, code, rows }) => (
            <Badge key={`${scorer} ${code}`} tone="warn">{scorer}: {formatCount(rows)} × {code}</Badge>
          ))}
          <span className="grow text-xs text-muted">A share counts a row without a score as the worst value; an amount leaves it out.</span>
          <Button look="quiet" onClick={onFailed}>Show these rows</Button>
        </div>
      )}
    </Card>
  );
}
