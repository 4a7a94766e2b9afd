import { useState } from "react";
import { Badge } from "../../../components/Badge";
import { classes } from "../../../components/classes";
import { formatCount } from "../../../components/format";
import { Interval } from "../Interval";
import { FailureCode } from "../FailureCode";
import { extentAround, formatDifference, formatInterval, formatP, VERDICTS } from "../scores";
import { JudgedRows } from "./JudgedRows";
import { biasInWords, inWords, type Part, partsOf } from "./parts";
import type { Figures, Judged, Result } from "./queries";

const SHARE = { scale: "share", unit: "" } as const;
const TONES = { better: "good", worse: "bad", undecided: "neutral" } as const;

/** What the verdicts come to: the rows as one bar, the difference with its interval, and how the judge errs. */
export function Outcome({ judged, figures }: { judged: Judged; figures: Figures }) {
  const [opened, setOpened] = useState<Result>();
  const ends = formatInterval(figures.low, figures.high, SHARE, "points");
  const parts = partsOf(figures);
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={TONES[figures.verdict]}>{VERDICTS[figures.verdict]}</Badge>
        <span className="text-sm">
          {judged.judge}/{judged.judge_number}, which asks {judged.prompt}/{judged.prompt_number} on {judged.model}
        </span>
        <Badge tone="warn">not calibrated: evidence for no gate</Badge>
      </p>
      <Bar parts={parts} figures={figures} />
      <ul aria-label="How the rows came out" className="flex flex-wrap gap-x-5 gap-y-1.5">
        {parts.map((part) => <Legend key={part.result} part={part} isOpen={opened === part.result} onOpen={() => setOpened(opened === part.result ? undefined : part.result)} />)}
      </ul>
      <div className="grid items-center gap-x-4 gap-y-1 text-sm sm:grid-cols-[auto_minmax(8rem,1fr)]">
        <span>Wins minus losses: <b className="font-medium">{formatDifference(figures.difference, SHARE)}</b>, 95 % interval {ends}, p {formatP(figures.p_value)}</span>
        <Interval
          value={figures.difference}
          {...{ low: figures.low, high: figures.high, measure: SHARE }}
          extent={extentAround([figures], 0.05)}
          label={`Wins minus losses: ${formatDifference(figures.difference, SHARE)}`}
          hasZero
        />
      </div>
      <p className="text-sm text-muted">{biasInWords(figures)}</p>
      {Object.entries(figures.failures).map(([code, verdicts]) => (
        <p key={code} className="text-sm text-bad">{formatCount(verdicts)} of {formatCount(figures.rows * 2)} verdicts are missing: <FailureCode code={code} /></p>
      ))}
      {opened && <JudgedRows key={opened} id={judged.id} result={opened} />}
    </div>
  );
}

function Bar({ parts, figures }: { parts: readonly Part[]; figures: Figures }) {
  return (
    <div role="img" aria-label={inWords(figures)} className="flex h-7 w-full gap-px overflow-hidden rounded-md border border-line-strong">
      {parts.filter(({ rows }) => rows > 0).map(({ result, rows, paint }) => (
        <span key={result} className={classes("min-w-1", paint)} style={{ flexGrow: rows, flexBasis: 0 }} />
      ))}
    </div>
  );
}

function Legend({ part: { rows, label, paint }, isOpen, onOpen }: { part: Part; isOpen: boolean; onOpen: () => void }) {
  return (
    <li>
      <button type="button" disabled={rows === 0} aria-expanded={isOpen} onClick={onOpen} className="flex items-center gap-1.5 text-sm enabled:hover:underline disabled:text-muted">
        <span aria-hidden className={classes("size-3 shrink-0 rounded-sm border border-line-strong", paint)} />
        <span><b className="font-medium">{formatCount(rows)}</b> {label}</span>
      </button>
    </li>
  );
}
