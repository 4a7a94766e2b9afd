import { Link } from "@tanstack/react-router";
import { ArrowRight, GitCompareArrows } from "lucide-react";
import { Badge } from "../../components/Badge";
import { buttonClasses } from "../../components/Button";
import { Card } from "../../components/Page";
import type { ReleaseRequest } from "./queries";

/** What moves where, and what that changes. */
export function MoveCard({ request }: { request: ReleaseRequest }) {
  const { kind, name, label, baseline_version: from, version, reason } = request;
  return (
    <Card
      title="What moves where"
      actions={
        kind === "prompt" && from !== null && (
          <Link to="/prompts/$name/compare" params={{ name }} search={{ from: String(from), to: String(version) }} className={buttonClasses()}>
            <GitCompareArrows aria-hidden className="size-4" />
            What changes
          </Link>
        )
      }
    >
      <div className="flex flex-col gap-2 text-sm">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Badge tone="accent">{label}</Badge>
          <span className="text-muted">of {kind}</span>
          <span className="font-medium break-all">{name}</span>
          <span className="flex flex-wrap items-center gap-x-2">
            {from === null ? <span className="text-muted">nothing</span> : <Version request={request} number={from} />}
            <ArrowRight aria-label="to" className="size-3.5 text-muted" />
            <Version request={request} number={version} />
          </span>
        </p>
        {reason ? <p className="break-words whitespace-pre-wrap">{reason}</p> : <p className="text-muted">No reason was given.</p>}
      </div>
    </Card>
  );
}

function Version({ request: { kind, name }, number }: { request: ReleaseRequest; number: number }) {
  if (kind !== "prompt") return <span className="font-medium">version {number}</span>;
  return (
    <Link to="/prompts/$name" params={{ name }} search={{ version: String(number) }} className="font-medium hover:underline">
      version {number}
    </Link>
  );
}
