import { lazy, Suspense } from "react";
import { Card } from "../../../components/Page";
import { formatDuration } from "../../../components/format";
import { formatScore } from "../../evaluations/scores";
import { spotsOf } from "./grid";
import type { SweepDetail } from "./queries";

const ParetoChart = lazy(() => import("./ParetoChart"));

/** Quality over latency: the table beside it lists the same. */
export function Pareto({ sweep }: { sweep: SweepDetail }) {
  const spots = spotsOf(sweep.points, sweep.metric);
  const metric = sweep.points.flatMap(({ figures }) => figures?.metrics ?? []).find(({ scorer }) => scorer === sweep.metric);
  const measure = metric ?? { scale: "amount" as const, unit: "" };
  const front = spots.filter((one) => one.isOptimal);
  const told = front.map((one) => `${one.title}: ${formatScore(one.quality, measure)} in ${formatDuration(one.latency)}`).join("; ");
  return (
    <Card title={`${sweep.metric} and latency`}>
      {spots.length === 0 ? (
        <p className="text-sm text-muted">Nothing is evaluated yet.</p>
      ) : (
        <>
          <div role="img" aria-label={`${sweep.metric} over median latency of ${spots.length} combinations. Not beaten: ${told}.`} className="h-64">
            <Suspense fallback={<div className="h-full animate-pulse rounded bg-raised" />}>
              <ParetoChart spots={spots} measure={measure} name={sweep.metric} />
            </Suspense>
          </div>
          <p className="mt-2 text-xs text-muted">
            ◆ joined by the line: no other combination is {metric?.direction === "lower" ? "lower" : "higher"} and as fast. ○ the others. Few rows make
            near points the same; look at the intervals.
          </p>
        </>
      )}
    </Card>
  );
}
