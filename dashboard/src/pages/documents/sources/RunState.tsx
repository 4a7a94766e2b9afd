import { CircleAlert, CircleCheck, CircleSlash, Clock, LoaderCircle, type LucideIcon, TriangleAlert } from "lucide-react";
import { Badge, type Tone } from "../../../components/Badge";
import { ProgressBar } from "../ProgressBar";
import { progressOf } from "../progress";
import type { SourceRun } from "./queries";
import { countWords, isUnderWay, type Outcome, outcomeOf, progressWords } from "./words";

const LOOKS: Record<Outcome, { word: string; tone: Tone; icon: LucideIcon }> = {
  waiting: { word: "Waiting", tone: "neutral", icon: Clock },
  reading: { word: "Reading", tone: "accent", icon: LoaderCircle },
  whole: { word: "Read", tone: "good", icon: CircleCheck },
  partly: { word: "Not all read", tone: "warn", icon: TriangleAlert },
  failed: { word: "Failed", tone: "bad", icon: CircleAlert },
  cancelled: { word: "Stopped", tone: "warn", icon: CircleSlash },
};

export function RunBadge({ run }: { run: SourceRun }) {
  const { word, tone, icon } = LOOKS[outcomeOf(run)];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

/** How far a reading is, as a bar and in words, from its durable job: the same after a reload, and in every browser. */
export function RunProgress({ run, name }: { run: SourceRun; name: string }) {
  if (!isUnderWay(run)) return null;
  return (
    <div className="mt-1 flex flex-col gap-1">
      <ProgressBar label={`Reading ${name}`} share={progressOf(run)} />
      <p className="text-xs text-muted">
        {progressWords(run)}
        {run.added + run.changed + run.unchanged + run.removed + run.failed > 0 && ` · ${countWords(run)}`}
      </p>
    </div>
  );
}
