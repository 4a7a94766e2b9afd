import { CircleAlert, CircleCheck, CircleSlash, Clock, LoaderCircle, type LucideIcon } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import { ProgressBar } from "../documents/ProgressBar";
import type { Evaluation } from "./queries";

const LOOKS: Record<Evaluation["state"], { word: string; tone: Tone; icon: LucideIcon }> = {
  queued: { word: "Waiting", tone: "neutral", icon: Clock },
  running: { word: "Running", tone: "accent", icon: LoaderCircle },
  succeeded: { word: "Done", tone: "good", icon: CircleCheck },
  failed: { word: "Failed", tone: "bad", icon: CircleAlert },
  cancelled: { word: "Cancelled", tone: "warn", icon: CircleSlash },
};

export function StateBadge({ state }: { state: Evaluation["state"] }) {
  const { word, tone, icon } = LOOKS[state];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

/** How far an evaluation is: a word, and a bar while it runs. */
export function Standing({ evaluation }: { evaluation: Evaluation }) {
  const { state, progress_done: done, rows } = evaluation;
  if (state !== "running") return <StateBadge state={state} />;
  return (
    <span className="flex min-w-20 flex-col gap-1">
      <span className="text-xs whitespace-nowrap text-accent-ink">Running, {done} of {rows}</span>
      <ProgressBar label={`Progress of ${evaluation.name}/${evaluation.number}`} share={rows > 0 ? done / rows : null} />
    </span>
  );
}
