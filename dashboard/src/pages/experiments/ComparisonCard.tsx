import { lazy, Suspense, useRef } from "react";
import { Badge } from "../../components/Badge";
import { formatCount } from "../../components/format";
import { useVisible } from "../metrics/useVisible";
import { historyInWords } from "./history";
import { HistoryTable } from "./HistoryTable";
import { IntervalBar } from "./IntervalBar";
import { VerdictBadge } from "./labels";
import type { Comparison } from "./queries";
import { expectedWord, formatDifference, formatInterval, formatP, formatValue } from "./words";

const HistoryChart = lazy(() => import("./HistoryChart"));

/** An arm less the control on one metric: now as numbers and a bar, and how the interval came to be. */
export function ComparisonCard({ comparison: one, view }: { comparison: Comparison; view: "chart" | "table" }) {
  const box = useRef<HTMLElement>(null);
  const isVisible = useVisible(box);
  return (
    <section
      ref={box}
      aria-label={`${one.metric} (${one.role}): ${one.arm}`}
      className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h4 className="min-w-0 grow font-semibold break-words">{one.metric} · {one.arm}</h4>
        {one.biased && <Badge tone="warn">estimates are biased</Badge>}
        <VerdictBadge comparison={one} />
      </div>
      <p className="text-sm">
        <span className="text-lg font-semibold">{formatDifference(one.kind, one.difference)}</span>
        {one.difference !== null && one.kind === "binary" && " points"}{" "}
        <span className="text-muted">
          {one.interval ? `(${formatInterval(one.kind, one.interval)})` : "no valid interval"}
          {one.p_value !== null && ` · p ${one.p_value < 0.0001 ? "" : "= "}${formatP(one.p_value)}`} · {expectedWord(one)}
        </span>
      </p>
      <IntervalBar comparison={one} />
      <Numbers comparison={one} />
      {one.history.length === 0 ? (
        <p className="text-sm text-muted">{nothing(one)}</p>
      ) : view === "table" ? (
        <HistoryTable comparison={one} />
      ) : (
        <div role="img" aria-label={historyInWords(one)} className="h-44 text-xs">
          {isVisible && (
            <Suspense fallback={<div className="h-full animate-pulse rounded bg-raised" />}>
              <HistoryChart comparison={one} />
            </Suspense>
          )}
        </div>
      )}
    </section>
  );
}

function nothing(one: Comparison): string {
  if (one.biased) return "No interval is valid while shares follow the outcomes.";
  return one.kind === "mean"
    ? "The interval begins once each arm has enough values (burn-in); until then skewed values would mislead."
    : "The interval begins with the first feedback.";
}

function Numbers({ comparison: one }: { comparison: Comparison }) {
  const values: (readonly [string, string])[] = [
    [one.arm, `${formatValue(one.kind, one.value)} of ${formatCount(one.observations)}`],
    ["control", `${formatValue(one.kind, one.control_value)} of ${formatCount(one.control_observations)}`],
    ["better when", one.direction],
    ...(one.tolerated_loss === null ? [] : [["tolerated loss", toleratedWord(one)] as const]),
  ];
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
      {values.map(([name, value], place) => (
        <div key={place} className="min-w-0">
          <dt className="break-all text-muted">{name}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function toleratedWord({ kind, tolerated_loss: loss }: Comparison): string {
  return kind === "binary" ? `${((loss ?? 0) * 100).toFixed(1)} points` : String(loss);
}
