import { CircleCheck, CircleX } from "lucide-react";
import { Badge } from "../../components/Badge";
import { classes } from "../../components/classes";
import { withoutPageBreaks } from "../../components/format";
import { placeOf } from "./answer";
import { type Explained, type Judged, type Stage, STAGE_NAMES, VERDICTS, outcomeOf, scoresOf } from "./explained";

/** What became of a passage, from the first stage to the one that dropped it. */
export function Stages({ why }: { why: Explained }) {
  return (
    <div className="flex flex-col gap-3">
      <figure className="rounded-md bg-raised px-3.5 py-2.5 text-sm">
        <figcaption className="text-xs text-muted">
          {placeOf(why)}, {why.start}–{why.end}
        </figcaption>
        <blockquote className="mt-1 line-clamp-4 break-words">{withoutPageBreaks(why.text)}</blockquote>
      </figure>
      <p className="font-medium">{outcomeOf(why)}</p>
      <ol aria-label="Stages" className="flex flex-col">
        {why.stages.map((stage) => (
          <Step key={stage.stage} stage={stage} />
        ))}
      </ol>
    </div>
  );
}

function Step({ stage }: { stage: Stage }) {
  const isDropped = stage.outcome === "dropped";
  const Icon = isDropped ? CircleX : CircleCheck;
  return (
    <li className="group grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 text-sm">
      <div aria-hidden className="flex flex-col items-center">
        <Icon className={classes("mt-0.5 size-5 shrink-0", isDropped ? "text-bad" : "text-good")} />
        <span className="w-px grow bg-line group-last:hidden" />
      </div>
      <div className="flex min-w-0 flex-col gap-1.5 pb-4 group-last:pb-0">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h4 className="font-semibold">{STAGE_NAMES[stage.stage]}</h4>
          <Badge tone={isDropped ? "bad" : "good"}>{isDropped ? "dropped here" : "passed"}</Badge>
        </div>
        <p className="break-words">{stage.note}</p>
        <Scores stage={stage} />
        {stage.stage === "sentences" && <Sentences sentences={stage.sentences} />}
      </div>
    </li>
  );
}

function Scores({ stage }: { stage: Stage }) {
  const scores = scoresOf(stage);
  if (scores.length === 0) return null;
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] items-baseline gap-x-4 gap-y-0.5 text-xs">
      {scores.map(([name, value, beside]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-words">
            <span className="font-mono">{value}</span>
            {beside && <span className="text-muted"> · {beside}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The sentences of the passage; those that were expected stand out. */
function Sentences({ sentences }: { sentences: readonly Judged[] }) {
  if (sentences.length === 0) return null;
  const isPart = sentences.some((one) => !one.expected);
  return (
    <ul aria-label="Sentences" className="flex flex-col gap-1.5 border-l-2 border-line pl-3">
      {sentences.map((one) => (
        <li key={one.start} className="break-words">
          <span className={classes(isPart && one.expected && "rounded-[2px] bg-mark")}>{withoutPageBreaks(one.text)}</span>{" "}
          <span className="inline-flex flex-wrap items-center gap-x-2 align-middle">
            {isPart && one.expected && <Badge tone="accent">expected</Badge>}
            <Badge tone={one.verdict === "chosen" ? "good" : "neutral"}>{VERDICTS[one.verdict]}</Badge>
            {one.score !== null && <span className="font-mono text-xs text-muted">{one.score.toFixed(3)}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
