import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SlidersHorizontal } from "lucide-react";
import { buttonClasses } from "../../../components/Button";
import { Facts } from "../../../components/Facts";
import { Card } from "../../../components/Page";
import { calibratedOptions, titleOf } from "./grid";
import { type Combination, type Fitted, type RiskCoverage, type SweepDetail, riskQuery } from "./queries";

/** The calibration that was fitted to each combination whose risk is drawn, and the way to the editor with it. */
export function Calibrations({ sweep, picked }: { sweep: SweepDetail; picked: readonly number[] }) {
  const chosen = sweep.points.filter(({ position, figures }) => figures !== null && picked.includes(position));
  const found = useQueries({ queries: chosen.map(({ position }) => riskQuery(sweep.id, position)) });
  const drawn = chosen.flatMap((combination, place) => {
    const risk = found[place]?.data;
    return risk?.points ? [{ combination, risk }] : [];
  });
  if (drawn.length === 0) return null;
  const isSomeFitted = drawn.some(({ risk }) => risk.calibration);
  return (
    <Card title="Calibration">
      <div className="flex flex-col gap-4 text-sm">
        <p className="max-w-prose text-muted">
          {isSomeFitted
            ? "These numbers make confidence the share of answers that are right, as far as these rows tell. The editor opens with them and the combination’s options; “Refuse below” stays as the strategy has it."
            : "Nothing could be fitted. It takes at least 20 right and 20 wrong answers; sweep answering.threshold at 0, which keeps wrong answers in."}
        </p>
        {isSomeFitted && (
          <ul aria-label="Fitted calibrations" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
            {drawn.map((one) => <Calibrated key={one.combination.position} sweep={sweep} {...one} />)}
          </ul>
        )}
      </div>
    </Card>
  );
}

function Calibrated({ sweep, combination, risk: { calibration } }: { sweep: SweepDetail; combination: Combination; risk: RiskCoverage }) {
  return (
    <li className="flex min-w-0 flex-col items-start gap-2 rounded-md border border-line p-3">
      <h3 className="font-medium break-words">
        <span className="text-muted">{combination.position}</span> {titleOf(combination)}
      </h3>
      {calibration ? (
        <Numbers fitted={calibration} />
      ) : (
        <p className="text-muted">Fewer than 20 right or 20 wrong answers: sweep answering.threshold at 0, which keeps wrong answers in.</p>
      )}
      {calibration && (
        <Link
          to="/strategies/-/edit"
          search={{ strategy: `${sweep.strategy}/${sweep.strategy_number}`, collection: sweep.collection, options: calibratedOptions(combination, calibration) }}
          className={buttonClasses()}
        >
          <SlidersHorizontal aria-hidden className="size-4" />
          Use this calibration<span className="sr-only"> of combination {combination.position}</span>
        </Link>
      )}
    </li>
  );
}

function Numbers({ fitted: { own, judge, bias, rows, right, loss_before: before, loss_after: after } }: { fitted: Fitted }) {
  return (
    <Facts
      facts={[
        ["Own check", <span key="own" className="font-mono">{own}</span>],
        ["Judge", <span key="judge" className="font-mono">{judge}</span>],
        ["Bias", <span key="bias" className="font-mono">{bias}</span>],
        ["Right", `${right} of ${rows} answers`],
        ["Log loss", <span key="loss" className="font-mono">{before.toFixed(3)} → {after.toFixed(3)}</span>],
      ]}
    />
  );
}
