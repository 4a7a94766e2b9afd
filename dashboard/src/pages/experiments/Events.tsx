import { Badge, type Tone } from "../../components/Badge";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { EmptyState } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import type { Detail } from "./queries";
import { formatShare } from "./words";

type Event = Detail["events"][number];

const TONES: Record<string, Tone> = { started: "accent", alarmed: "bad", rolled_back: "bad", promoted: "good" };

/** What became of the experiment, the newest first; each is in the audit log. */
export function Events({ experiment }: { experiment: Detail }) {
  const events = experiment.events.toReversed();
  return (
    <Card title="What became of it" flush>
      {events.length === 0 ? (
        <EmptyState title="Nothing yet">It waits to be started.</EmptyState>
      ) : (
        <ol aria-label="Events, newest first" className="flex max-h-96 flex-col overflow-auto px-4 py-3" tabIndex={0}>
          {events.map((event) => (
            <li key={event.number} className="relative flex gap-3 pb-5 last:pb-1 not-last:before:absolute not-last:before:top-4 not-last:before:bottom-0 not-last:before:left-[5px] not-last:before:w-px not-last:before:bg-line">
              <span aria-hidden className="mt-1.5 size-[11px] shrink-0 rounded-full border-2 border-accent-ink bg-surface" />
              <div className="flex min-w-0 flex-col gap-0.5">
                <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
                  <Badge tone={TONES[event.kind] ?? "neutral"}>{event.kind.replaceAll("_", " ")}</Badge>
                  <span className="break-words">{factsInWords(event, experiment)}</span>
                </span>
                {event.reason && <p className="text-sm break-words">{event.reason}</p>}
                <p className="text-xs text-muted"><Principal id={event.actor_id} />, <TimeAgo at={event.created_at} /></p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function factsInWords({ kind, facts }: Event, experiment: Detail): string {
  const { label, arms } = experiment;
  if (kind === "started" && typeof facts.label_number === "number") return `${label} pointed at version ${facts.label_number}`;
  if (kind === "promoted") return `${label} went to version ${String(facts.version)}, the arm ${String(facts.arm)}`;
  if (kind === "rolled_back") return typeof facts.moved_to === "number" ? `${label} went back to version ${facts.moved_to}` : `${label} stayed where it was`;
  if (kind === "allocated" && Array.isArray(facts.weights)) {
    const weights: readonly unknown[] = facts.weights;
    return arms.map((arm, place) => `${arm.name} ${formatShare(Number(weights[place]))}`).join(" · ");
  }
  return "";
}
