import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { Badge } from "../../../components/Badge";
import { Button, IconButton } from "../../../components/Button";
import { classes } from "../../../components/classes";
import { TimeAgo } from "../../../components/TimeAgo";
import { nameOf, rowsOf } from "../evaluationColumns";
import type { Evaluation } from "../queries";

/** What is compared: the baseline first. */
export function Sides({ evaluations, onBaseline, onRemove }: {
  evaluations: readonly Evaluation[];
  onBaseline: (id: string) => void;
  onRemove: (id: string) => void;
}) {
  return (
    <ul aria-label="Compared evaluations" className={classes("grid gap-3 sm:grid-cols-2", evaluations.length > 2 && "xl:grid-cols-4")}>
      {evaluations.map((evaluation, place) => (
        <li key={evaluation.id} className="flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-surface px-4 py-3">
          <p className="flex min-h-7 flex-wrap items-center gap-2">
            <Badge tone={place === 0 ? "accent" : "neutral"}>{sideName(place)}</Badge>
            <Link to="/evaluations/$evaluationId" params={{ evaluationId: evaluation.id }} className="min-w-0 font-semibold break-all hover:underline">{nameOf(evaluation)}</Link>
            <span className="grow" />
            {place > 0 && <Button look="quiet" className="h-7 px-1.5" onClick={() => onBaseline(evaluation.id)}>Make it the baseline</Button>}
            {evaluations.length > 2 && <IconButton icon={X} label={`Leave ${nameOf(evaluation)} out`} className="size-7" onClick={() => onRemove(evaluation.id)} />}
          </p>
          <p className="text-sm break-words text-muted">on {rowsOf(evaluation)} · {evaluation.model} · <TimeAgo at={evaluation.created_at} /></p>
        </li>
      ))}
    </ul>
  );
}

/** How a side is called: the baseline is A. */
export function sideName(place: number): string {
  return place === 0 ? "A, baseline" : String.fromCharCode(65 + place);
}
