import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Card } from "../../../components/Page";
import { SHARE, formatScore } from "../../evaluations/scores";
import { titleOf } from "./grid";
import { type SweepDetail, riskQuery } from "./queries";
import type { Curve } from "./RiskChart";

const RiskChart = lazy(() => import("./RiskChart"));

/** How often answers are wrong at each share of questions answered, of some combinations. */
export function Risk({ sweep, picked }: { sweep: SweepDetail; picked: readonly number[] }) {
  const chosen = sweep.points.filter(({ position, figures }) => figures !== null && picked.includes(position));
  const found = useQueries({ queries: chosen.map(({ position }) => riskQuery(sweep.id, position)) });
  const curves: Curve[] = chosen.flatMap((one, place) => {
    const { points, auroc = null } = found[place]?.data ?? {};
    return points?.length ? [{ position: one.position, title: titleOf(one), points, auroc }] : [];
  });
  const told = curves.filter(({ auroc }) => auroc !== null);
  return (
    <Card title="Risk and coverage">
      {curves.length === 0 ? (
        <p className="text-sm text-muted">
          Mark combinations in the table. There is a curve where one answered something, and a scorer of the type abstention says where rows
          name their sources.
        </p>
      ) : (
        <>
          <div role="img" aria-label={`Share of wrong answers over share of questions answered: ${curves.map(endOf).join("; ")}.`} className="h-56">
            <Suspense fallback={<div className="h-full animate-pulse rounded bg-raised" />}>
              <RiskChart curves={curves} />
            </Suspense>
          </div>
          {told.length > 0 && (
            <p className="mt-2 text-sm text-muted">
              A right answer has more confidence than a wrong one (AUROC):{" "}
              {told.map(({ position, auroc }) => `combination ${position}, ${formatScore(auroc, SHARE)}`).join("; ")}.
            </p>
          )}
          <details className="mt-2 text-sm">
            <summary className="text-muted hover:text-ink">In numbers</summary>
            <Numbers curves={curves} />
          </details>
        </>
      )}
    </Card>
  );
}

function endOf({ position, points }: Curve): string {
  const last = points.at(-1)!;
  return `combination ${position} answers ${formatScore(last.coverage, SHARE)}, of which ${formatScore(last.risk, SHARE)} are wrong`;
}

function Numbers({ curves }: { curves: readonly Curve[] }) {
  return (
    <div role="region" aria-label="Risk and coverage in numbers" tabIndex={0} className="max-h-64 overflow-auto">
      <table className="w-full text-xs">
        <thead className="text-left text-muted">
          <tr>
            <th scope="col" className="py-1 pr-2 font-medium">Combination</th>
            <th scope="col" className="py-1 pr-2 text-right font-medium">Threshold</th>
            <th scope="col" className="py-1 pr-2 text-right font-medium">Answered</th>
            <th scope="col" className="py-1 text-right font-medium">Wrong</th>
          </tr>
        </thead>
        <tbody>
          {curves.flatMap(({ position, points }) =>
            points.map(({ threshold, coverage, risk }) => (
              <tr key={`${position} ${threshold}`} className="border-t border-line">
                <td className="py-1 pr-2">{position}</td>
                <td className="py-1 pr-2 text-right font-mono">{threshold.toFixed(2)}</td>
                <td className="py-1 pr-2 text-right">{formatScore(coverage, SHARE)}</td>
                <td className="py-1 text-right">{formatScore(risk, SHARE)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
