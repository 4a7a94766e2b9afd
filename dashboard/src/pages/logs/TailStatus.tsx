import { ArrowUp, CircleAlert, CirclePause, LoaderCircle, Radio } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import { Button } from "../../components/Button";
import { formatCount } from "../../components/format";
import { countOf, type Entry } from "./lines";
import type { TailState } from "./follow";

interface Shown {
  tone: Tone;
  icon: typeof Radio;
  words: string;
}

const STATES: Record<TailState, Shown> = {
  connecting: { tone: "neutral", icon: LoaderCircle, words: "Connecting" },
  live: { tone: "good", icon: Radio, words: "Live" },
  waiting: { tone: "warn", icon: LoaderCircle, words: "Reconnecting" },
  failed: { tone: "bad", icon: CircleAlert, words: "Stopped" },
};

/** Whether lines are coming, and how many wait for a held list. */
export function TailStatus({ state, isPaused, waiting, onRelease }: {
  state: TailState;
  isPaused: boolean;
  waiting: readonly Entry[];
  onRelease: () => void;
}) {
  const shown: Shown = isPaused && state === "live" ? { tone: "warn", icon: CirclePause, words: "Paused" } : STATES[state];
  const count = countOf(waiting);
  return (
    <div className="@container flex h-11 items-center gap-2 border-b border-line px-4">
      <Badge tone={shown.tone} icon={shown.icon}>
        {shown.words}
      </Badge>
      {count > 0 && (
        <Button look="quiet" icon={ArrowUp} onClick={onRelease}>
          {formatCount(count)} new {count === 1 ? "line" : "lines"}
        </Button>
      )}
      <span className="ml-auto text-xs text-muted @max-2xl:hidden">
        <kbd className="font-mono">J</kbd> and <kbd className="font-mono">K</kbd> step through the lines
      </span>
    </div>
  );
}
