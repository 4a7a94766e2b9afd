import { lazy, Suspense, useRef, useState } from "react";
import { Segments } from "../../components/Tabs";
import { type ChartKind, chartInWords, formatValue, latest, type Line, linesOf } from "./charts";
import { ChartTable } from "./ChartTable";
import { strokeOf } from "./colours";
import type { History } from "./queries";
import { useVisible } from "./useVisible";

const Chart = lazy(() => import("./Chart"));
type View = "chart" | "table";

/** One metric: its newest values, its course, and the same as a table. */
export function ChartCard({ kind, history }: { kind: ChartKind; history: History }) {
  const box = useRef<HTMLElement>(null);
  const isVisible = useVisible(box);
  const [view, setView] = useState<View>("chart");
  const metric = history.metrics.find((found) => found.metric === kind.metric);
  const lines = metric ? linesOf(metric) : [];
  return (
    <section ref={box} aria-label={kind.title} className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 grow">
          <h2 className="font-semibold">{kind.title}</h2>
          <p className="text-xs text-muted">{kind.description}</p>
        </div>
        {lines.length > 0 && (
          <Segments
            label={`Show ${kind.title.toLowerCase()} as`}
            options={[
              { name: "chart", label: "Chart" },
              { name: "table", label: "Table" },
            ]}
            value={view}
            onChange={setView}
          />
        )}
      </div>
      {metric === undefined || lines.length === 0 ? (
        <p className="flex h-52 items-center justify-center text-center text-sm text-muted">{kind.nothing}</p>
      ) : view === "table" ? (
        <ChartTable title={kind.title} metric={metric} times={history.times} lines={lines} />
      ) : (
        <>
          <Legend metric={kind} lines={lines} />
          <div role="img" aria-label={chartInWords(kind.title, metric, lines)} className="h-44 text-xs">
            {isVisible && (
              <Suspense fallback={<div className="h-full animate-pulse rounded bg-raised" />}>
                <Chart metric={kind.metric} times={history.times} lines={lines} isStacked={kind.isStacked ?? false} />
              </Suspense>
            )}
          </div>
        </>
      )}
    </section>
  );
}

function Legend({ metric, lines }: { metric: ChartKind; lines: readonly Line[] }) {
  return (
    <ul className="flex min-h-5 flex-wrap gap-x-4 gap-y-0.5 text-xs">
      {lines.map((line, index) => {
        const { colour, dash } = strokeOf(line, index);
        return (
          <li key={line.key} className="flex items-center gap-1.5">
            <svg aria-hidden width="18" height="6">
              <line x1="0" y1="3" x2="18" y2="3" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
            </svg>
            <span className="text-muted">{line.name}</span>
            <span className="font-medium">{formatValue(metric.metric, latest(line))}</span>
          </li>
        );
      })}
    </ul>
  );
}
