import type { ColumnDef } from "@tanstack/react-table";
import { ArrowDown, ArrowUp, Minus } from "lucide-react";
import { useMemo } from "react";
import { Badge } from "../../../components/Badge";
import { DataTable } from "../../../components/DataTable";
import { formatCount } from "../../../components/format";
import { Card } from "../../../components/Page";
import { nameOf } from "../evaluationColumns";
import { Interval } from "../Interval";
import type { Comparison, Difference } from "../queries";
import { type Extent, extentAround, formatDifference, formatInterval, formatP, formatScore, VERDICTS } from "../scores";
import type { Chosen } from "./chosen";
import { sideName } from "./Sides";

interface Line extends Difference {
  key: string;
  candidate: string;
  /** What the candidate is called. */
  side: string;
  extent: Extent;
}

/** Bars of shares reach so far at the least: what is smaller than five points must not look large. */
const SMALLEST_SHARE = 0.05;

/** Candidate by candidate and scorer by scorer: how they differ from the baseline, and whether that is shown. */
export function Differences({ comparison, shown, onChoose }: {
  comparison: Comparison;
  shown: Chosen;
  onChoose: (candidate: string, scorer: string) => void;
}) {
  const lines = useMemo(() => linesOf(comparison), [comparison]);
  const columns = useMemo(() => columnsFor(comparison.candidates.length > 1), [comparison]);
  return (
    <Card title="Differences" flush>
      <DataTable
        label="Differences"
        columns={columns}
        rows={lines}
        rowKey={(line) => line.key}
        selectedKey={keyOf(shown.candidate, shown.scorer)}
        onSelect={(line) => onChoose(line.candidate, line.scorer)}
      />
      <p className="border-t border-line px-4 py-2.5 text-xs text-muted">
        Differences are of the same row in both. Intervals have 95 % coverage by themselves; p is adjusted for all lines
        (Holm), and a verdict takes all of them into account. “Not shown either way” is no proof that both are equal.
      </p>
    </Card>
  );
}

function linesOf({ candidates, evaluations }: Comparison): Line[] {
  const shares = extentAround(candidates.flatMap((one) => one.differences.filter(({ scale }) => scale === "share")), SMALLEST_SHARE);
  return candidates.flatMap(({ evaluation_id: candidate, differences }) => {
    const place = evaluations.findIndex((one) => one.id === candidate);
    const evaluation = evaluations[place];
    const side = `${sideName(place)} ${evaluation ? nameOf(evaluation) : ""}`;
    return differences.map((difference) => ({
      ...difference,
      key: keyOf(candidate, difference.scorer),
      candidate,
      side,
      extent: difference.scale === "share" ? shares : extentAround([difference]),
    }));
  });
}

function keyOf(candidate: string, scorer: string): string {
  return `${candidate} ${scorer}`;
}

function columnsFor(isMany: boolean): ColumnDef<Line, unknown>[] {
  return [
    {
      header: "Scorer",
      cell: ({ row: { original } }) => (
        <span className="flex min-w-0 flex-col items-start">
          <button type="button" className="text-left font-medium break-words hover:underline" aria-label={`Show the rows of ${original.scorer}${isMany ? ` of ${original.side}` : ""}`}>{original.scorer}</button>
          <span className="text-xs text-muted @3xl:whitespace-nowrap">{isMany ? `${original.side} · ` : ""}{original.direction} is better</span>
        </span>
      ),
    },
    { header: "Baseline", cell: ({ row }) => <Mean value={row.original.baseline_mean} line={row.original} />, meta: { align: "right", hideWhenNarrow: true } },
    { header: "Candidate", cell: ({ row }) => <Mean value={row.original.candidate_mean} line={row.original} />, meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "Difference, 95 % interval",
      cell: ({ row: { original } }) => {
        const ends = formatInterval(original.low, original.high, original, "points");
        return (
          <span className="flex flex-col gap-0.5" title={original.method ?? undefined}>
            <span className="grid items-center gap-x-3 @3xl:grid-cols-[6.5rem_minmax(0,1fr)]">
              <span className="font-medium whitespace-nowrap">{formatDifference(original.difference, original)}</span>
              <Interval
                value={original.difference}
                {...{ low: original.low, high: original.high, extent: original.extent, measure: original }}
                label={`${original.scorer}: ${formatDifference(original.difference, original)}`}
                hasZero
              />
            </span>
            <span className="text-xs text-muted">
              {ends ?? "too few rows for an interval"}
              <span className="@3xl:hidden"> · {formatScore(original.baseline_mean, original)} → {formatScore(original.candidate_mean, original)}</span>
            </span>
          </span>
        );
      },
      meta: { className: "w-1/3 @max-3xl:w-2/5" },
    },
    { header: "Rows", cell: ({ row: { original } }) => <Rows line={original} />, meta: { hideWhenNarrow: true } },
    { id: "p", header: () => <span className="whitespace-nowrap">Adjusted p</span>, cell: ({ row }) => formatP(row.original.adjusted_p), meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "Verdict",
      cell: ({ row: { original } }) => (
        <span className="flex flex-col items-start gap-1">
          <VerdictBadge verdict={original.verdict} />
          <span className="text-xs text-muted @3xl:hidden"><Rows line={original} /></span>
        </span>
      ),
    },
  ];
}

function Mean({ value, line }: { value: number | null; line: Line }) {
  return <span className="whitespace-nowrap">{formatScore(value, line)}</span>;
}

function Rows({ line }: { line: Line }) {
  return (
    <span className="@3xl:whitespace-nowrap" title={`Of ${formatCount(line.rows)} rows${line.left_out > 0 ? `; ${formatCount(line.left_out)} left out without a score` : ""}`}>
      {formatCount(line.gained ?? 0)} gained, {formatCount(line.lost ?? 0)} lost
    </span>
  );
}

const TONES = { better: "good", worse: "bad", undecided: "neutral" } as const;
const ICONS = { better: ArrowUp, worse: ArrowDown, undecided: Minus } as const;

export function VerdictBadge({ verdict }: { verdict: Difference["verdict"] }) {
  return <Badge tone={TONES[verdict]} icon={ICONS[verdict]} className="@max-3xl:h-auto! @max-3xl:min-h-5 @max-3xl:whitespace-normal!">{VERDICTS[verdict]}</Badge>;
}
