/** The badges by which requests and requirements are told apart; each says in words what its colour repeats. */
import { Check, CircleAlert, CircleDashed, CircleSlash, Clock, EyeOff, Hourglass, LoaderCircle, type LucideIcon, Rocket, ThumbsDown } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import type { Requirement, State } from "./queries";

interface Look {
  tone: Tone;
  icon: LucideIcon;
  word: string;
}

const STATES: Record<State, Look> = {
  evaluating: { tone: "accent", icon: LoaderCircle, word: "evaluating" },
  failed: { tone: "bad", icon: CircleAlert, word: "failed" },
  waiting: { tone: "warn", icon: Hourglass, word: "waiting" },
  ready: { tone: "good", icon: Check, word: "ready" },
  released: { tone: "good", icon: Rocket, word: "released" },
  rejected: { tone: "bad", icon: ThumbsDown, word: "rejected" },
  stale: { tone: "neutral", icon: CircleSlash, word: "stale" },
};

export function StateBadge({ state }: { state: State }) {
  const { tone, icon, word } = STATES[state];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

const VERDICTS: Record<Requirement["verdict"], Look> = {
  passed: { tone: "good", icon: Check, word: "passed" },
  failed: { tone: "bad", icon: CircleAlert, word: "failed" },
  pending: { tone: "accent", icon: Clock, word: "pending" },
  not_looked: { tone: "neutral", icon: CircleDashed, word: "not looked at" },
};

export function VerdictBadge({ verdict }: { verdict: Requirement["verdict"] }) {
  const { tone, icon, word } = VERDICTS[verdict];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

export function SealedBadge() {
  return <Badge icon={EyeOff}>sealed</Badge>;
}
