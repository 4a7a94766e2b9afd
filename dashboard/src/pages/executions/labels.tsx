/** The words and badges by which executions are told apart. */
import { Ban, CircleAlert, CircleCheck, CircleHelp, LoaderCircle, type LucideIcon } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import type { Summary } from "./queries";

const STATUS: Record<Summary["status"], { tone: Tone; icon: LucideIcon }> = {
  running: { tone: "accent", icon: LoaderCircle },
  succeeded: { tone: "good", icon: CircleCheck },
  failed: { tone: "bad", icon: CircleAlert },
  cancelled: { tone: "warn", icon: Ban },
};

const KINDS: Record<string, string> = { prompt_run: "Prompt run", ask: "Question" };

/** Kinds that the engine itself runs, for choosing among; others are possible. */
export const KNOWN_KINDS = Object.keys(KINDS);

/** A kind in words: `prompt_run` is "Prompt run". */
export function kindName(kind: string): string {
  const words = kind.replaceAll("_", " ");
  return KINDS[kind] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export function StatusBadge({ execution }: { execution: Summary }) {
  const { tone, icon } = STATUS[execution.status];
  // No fault, and no answer either: the tick of a success would promise one.
  if (execution.finish_reason === "refused") return <Badge icon={CircleHelp}>refused</Badge>;
  return <Badge tone={tone} icon={icon}>{execution.status}</Badge>;
}

/** What an execution is known by: a question by its words, anything else by what ran. */
export function titleOf(execution: Summary): string {
  return (execution.kind === "ask" && execution.excerpt) || subjectOf(execution);
}

/** What ran: the version by name and number, or the kind where no version did. */
export function subjectOf(execution: Summary): string {
  const artifact = execution.artifact;
  return artifact ? `${artifact.name}/${artifact.number}` : kindName(execution.kind);
}
