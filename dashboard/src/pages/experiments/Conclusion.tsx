import { OctagonAlert } from "lucide-react";
import { formatCount } from "../../components/format";
import { TimeAgo } from "../../components/TimeAgo";
import { DecisionBadge } from "./labels";
import type { Analysis, Detail } from "./queries";
import { expectedEnd, formatP, soonest } from "./words";

/** Whatever else the figures say, this comes first. */
export function MismatchBanner({ mismatch }: { mismatch: Analysis["ratio_mismatch"] }) {
  return (
    <div role="alert" className="flex gap-3 rounded-lg border-2 border-bad bg-bad-soft p-4 text-bad">
      <OctagonAlert aria-hidden className="mt-0.5 size-6 shrink-0" />
      <div className="min-w-0">
        <h2 className="text-lg font-semibold">Trust no figure below: units do not reach the arms in the intended shares</h2>
        <p className="text-sm">
          Sample ratio mismatch, p {mismatch.p_value < 0.0001 ? "" : "= "}{formatP(mismatch.p_value)}. Assignment or reporting is broken. Compare units and
          intended shares in the table of arms, see whether one arm fails or goes unreported, then begin anew.
        </p>
      </div>
    </div>
  );
}

/** What would be concluded now, in one sentence, and when there may be more to say. */
export function ConclusionCard({ experiment, analysis }: { experiment: Detail; analysis: Analysis }) {
  const { decision, text } = analysis.conclusion;
  const isRunning = experiment.state === "running";
  const units = analysis.arms.reduce((sum, arm) => sum + arm.units, 0);
  return (
    <section aria-label="Conclusion" className="flex flex-col gap-1.5 rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <DecisionBadge decision={decision} />
        <span>{isRunning ? "What may be concluded now" : "What may be concluded"}</span>
      </div>
      <p className="text-lg font-semibold break-words">{text}</p>
      <p className="text-sm text-muted">
        {formatCount(units)} {units === 1 ? "unit" : "units"} so far, {formatCount(experiment.plan.planned_units)} planned.
        {isRunning && decision === "keep_going" && <Pace experiment={experiment} analysis={analysis} units={units} />}
        {" "}As of <TimeAgo at={analysis.as_of} />{isRunning && "; looking often costs nothing"}.
      </p>
    </section>
  );
}

function Pace({ experiment, analysis, units }: { experiment: Detail; analysis: Analysis; units: number }) {
  const more = soonest(analysis.comparisons);
  const end = more !== null && experiment.started_at ? expectedEnd(experiment.started_at, analysis.as_of, units, more) : null;
  return end === null ? null : <> At the pace so far it is decided <TimeAgo at={end} />.</>;
}
