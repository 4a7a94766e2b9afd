import { CircleAlert, CircleCheck, CircleSlash, Clock, FileX, LoaderCircle, type LucideIcon } from "lucide-react";
import { Badge, type Tone } from "../../components/Badge";
import type { IndexingState, Version } from "./queries";

const LOOKS: Record<IndexingState, { word: string; tone: Tone; icon: LucideIcon }> = {
  indexed: { word: "Indexed", tone: "good", icon: CircleCheck },
  running: { word: "Indexing", tone: "accent", icon: LoaderCircle },
  queued: { word: "Waiting", tone: "neutral", icon: Clock },
  failed: { word: "Failed", tone: "bad", icon: CircleAlert },
  cancelled: { word: "Cancelled", tone: "warn", icon: CircleSlash },
};

/** How far a version's indexing is, in a word. */
export function StateBadge({ version }: { version: Pick<Version, "state" | "erased"> }) {
  if (version.erased) return <Badge icon={FileX}>Erased</Badge>;
  const { word, tone, icon } = LOOKS[version.state];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

export function stateWord(state: IndexingState): string {
  return LOOKS[state].word;
}
