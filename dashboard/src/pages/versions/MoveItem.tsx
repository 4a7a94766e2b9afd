import { Link } from "@tanstack/react-router";
import { ArrowRight, Undo2 } from "lucide-react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Digest } from "../../components/Digest";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import { type Artifact, PAGES } from "./artifact";
import { CertificateDetails, ProofBadge } from "./Proof";
import type { Move } from "./queries";

/** One move; `onBack` is there for the move that made a label point where it points now. */
export function MoveItem({ artifact, move, onBack }: { artifact: Artifact; move: Move; onBack: (() => void) | undefined }) {
  return (
    <li className="relative flex gap-3 pb-5 last:pb-1 not-last:before:absolute not-last:before:top-4 not-last:before:bottom-0 not-last:before:left-[5px] not-last:before:w-px not-last:before:bg-line">
      <span aria-hidden className="mt-1.5 size-[11px] shrink-0 rounded-full border-2 border-accent-ink bg-surface" />
      <div className="flex min-w-0 grow flex-col gap-0.5">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          <Badge tone="accent">{move.label}</Badge>
          <VersionLink artifact={artifact} number={move.from_number} />
          <ArrowRight aria-label="to" className="size-3.5 text-muted" />
          <VersionLink artifact={artifact} number={move.to_number} />
          <ProofBadge move={move} />
          {move.from_number !== null && (
            <Link
              to={PAGES[artifact.kind].compare}
              params={{ name: artifact.name }}
              search={{ from: String(move.from_number), to: String(move.to_number) }}
              className="text-xs text-accent-ink hover:underline"
            >
              what changed
            </Link>
          )}
        </div>
        {move.reason && <p className="text-sm break-words">{move.reason}</p>}
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
          <span><Principal id={move.actor_id} />, <TimeAgo at={move.moved_at} /></span>
          <span className="flex items-center gap-1">lock <Digest value={move.lock_digest} label="lock's digest" characters={8} /></span>
        </p>
        <CertificateDetails move={move} />
      </div>
      {onBack && (
        <Button look="quiet" icon={Undo2} className="self-start" aria-label={`Roll ${move.label} back to version ${move.from_number}`} onClick={onBack}>
          <span className="max-sm:sr-only">Roll back…</span>
        </Button>
      )}
    </li>
  );
}

function VersionLink({ artifact: { kind, name }, number }: { artifact: Artifact; number: number | null }) {
  if (number === null) return <span className="text-muted">nothing</span>;
  return (
    <Link to={PAGES[kind].version} params={{ name }} search={{ version: String(number) }} className="font-medium hover:underline">
      version {number}
    </Link>
  );
}
