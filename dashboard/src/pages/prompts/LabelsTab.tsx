import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowRight, Tag, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Digest } from "../../components/Digest";
import { SelectField } from "../../components/Field";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { Impact } from "./Impact";
import { MoveLabel } from "./MoveLabel";
import { moveBack, standing } from "./moves";
import { movesQuery, promptQuery, versionsQuery } from "./queries";
import { promptRoute } from "./routes";

const route = getRouteApi("/workspace/prompts/$name/labels");

/** Where each label points, and every move it made. */
export function LabelsTab() {
  const { name } = promptRoute.useParams();
  const namespace = useNamespace();
  const { label } = route.useSearch();
  const navigate = route.useNavigate();
  const mayMove = useCan("labels:write");
  const [moving, setMoving] = useState<Proposed | null>(null);
  const { data: latest } = useQuery(promptQuery(namespace, name, undefined));
  const { data: versions } = useInfiniteQuery(versionsQuery(namespace, name));
  const moves = useInfiniteQuery(movesQuery(namespace, name, label));
  const items = moves.data?.pages.flatMap((page) => page.items) ?? [];
  const labels = Object.fromEntries(
    (versions?.pages.flatMap((page) => page.items) ?? []).flatMap((version) =>
      version.labels.filter((text) => text !== "latest").map((text) => [text, version.number] as const),
    ),
  );
  const stand = standing(items);
  const back = (move: Schema<"LabelMoveView">) => {
    const { label, to_number: to, from_number: from } = move;
    const proposed = moveBack({ namespace, name, label, from: from ?? undefined, to, reason: "" });
    return mayMove && stand.has(move) && proposed ? () => setMoving({ number: proposed.to, label, reason: proposed.reason }) : undefined;
  };
  const names = [...new Set([...Object.keys(labels), ...(label ? [label] : [])])].sort();

  return (
    <div className="flex flex-col gap-5">
      <Card
        title="Moves of labels"
        flush
        actions={
          <>
            <SelectField
              label="Only this label"
              hideLabel
              value={label ?? ""}
              onChange={(event) => void navigate({ search: (old) => ({ ...old, label: event.target.value || undefined }), replace: true })}
            >
              <option value="">Every label</option>
              {names.map((text) => (
                <option key={text} value={text}>
                  {text in labels ? `${text} → ${labels[text]}` : text}
                </option>
              ))}
            </SelectField>
            {mayMove && latest && <Button look="primary" onClick={() => setMoving({ number: latest.number })}>Move a label…</Button>}
          </>
        }
      >
        <Loaded query={moves}>
          {() =>
            items.length === 0 ? (
              <EmptyState icon={Tag} title="No label was ever moved">
                A label such as production says which version others get. Move one to release a version.
              </EmptyState>
            ) : (
              <ol aria-label="Moves, newest first" className="flex flex-col px-4 py-3">
                {items.map((move) => <Move key={move.event_id} name={name} move={move} onBack={back(move)} />)}
              </ol>
            )
          }
        </Loaded>
        <LoadMore query={moves} />
        {moving && <MoveLabel namespace={namespace} name={name} {...moving} labels={labels} onClose={() => setMoving(null)} />}
      </Card>
      <Impact namespace={namespace} name={name} />
    </div>
  );
}

interface Proposed {
  number: number;
  label?: string;
  reason?: string;
}

/** One move; `onBack` is there for the move that made a label point where it points now. */
function Move({ name, move, onBack }: { name: string; move: Schema<"LabelMoveView">; onBack: (() => void) | undefined }) {
  return (
    <li className="relative flex gap-3 pb-5 last:pb-1 not-last:before:absolute not-last:before:top-4 not-last:before:bottom-0 not-last:before:left-[5px] not-last:before:w-px not-last:before:bg-line">
      <span aria-hidden className="mt-1.5 size-[11px] shrink-0 rounded-full border-2 border-accent-ink bg-surface" />
      <div className="flex min-w-0 grow flex-col gap-0.5">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          <Badge tone="accent">{move.label}</Badge>
          <VersionLink name={name} number={move.from_number} />
          <ArrowRight aria-label="to" className="size-3.5 text-muted" />
          <VersionLink name={name} number={move.to_number} />
          {move.from_number !== null && (
            <Link
              to="/prompts/$name/compare"
              params={{ name }}
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
      </div>
      {onBack && (
        <Button look="quiet" icon={Undo2} className="self-start" aria-label={`Move ${move.label} back to version ${move.from_number}`} onClick={onBack}>
          <span className="max-sm:sr-only">Move back…</span>
        </Button>
      )}
    </li>
  );
}

function VersionLink({ name, number }: { name: string; number: number | null }) {
  if (number === null) return <span className="text-muted">nothing</span>;
  return (
    <Link to="/prompts/$name" params={{ name }} search={{ version: String(number) }} className="font-medium hover:underline">
      version {number}
    </Link>
  );
}
