/** The badges by which experiments are told apart; each says in words what its colour repeats. */
import { Check, CircleAlert, CircleDashed, CircleStop, LoaderCircle, type LucideIcon, Trophy, Undo2 } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import type { Analysis, Comparison, State } from "./queries";
import { verdictWord } from "./words";

const STATES: Record<State, { tone: Tone; icon: LucideIcon; word: string }> = {
  draft: { tone: "neutral", icon: CircleDashed, word: "draft" },
  running: { tone: "accent", icon: LoaderCircle, word: "running" },
  stopped: { tone: "neutral", icon: CircleStop, word: "stopped" },
  promoted: { tone: "good", icon: Check, word: "promoted" },
  rolled_back: { tone: "bad", icon: Undo2, word: "rolled back" },
};

export function StateBadge({ state }: { state: State }) {
  const { tone, icon, word } = STATES[state];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

type Decision = Analysis["conclusion"]["decision"];

export const DECISIONS: Record<Decision, { tone: Tone; icon: LucideIcon; word: string }> = {
  winner: { tone: "good", icon: Trophy, word: "winner" },
  none: { tone: "neutral", icon: CircleStop, word: "no better arm" },
  keep_going: { tone: "accent", icon: LoaderCircle, word: "keep going" },
  harmed: { tone: "bad", icon: CircleAlert, word: "harm" },
  broken: { tone: "bad", icon: CircleAlert, word: "broken" },
};

export function DecisionBadge({ decision }: { decision: Decision }) {
  const { tone, icon, word } = DECISIONS[decision];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

export function VerdictBadge({ comparison }: { comparison: Comparison }) {
  const { verdict, role } = comparison;
  const tone = verdict === "worse" ? "bad" : verdict === "better" && role !== "guardrail" ? "good" : "neutral";
  return <Badge tone={tone}>{verdictWord(comparison)}</Badge>;
}
