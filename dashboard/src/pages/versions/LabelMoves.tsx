import { useInfiniteQuery } from "@tanstack/react-query";
import { Tag } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { SelectField } from "../../components/Field";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import type { Artifact } from "./artifact";
import { MoveItem } from "./MoveItem";
import { MoveLabel } from "./MoveLabel";
import { type LabelMove, moveBack, standing } from "./moves";
import { type Move, movesQuery, versionsQuery } from "./queries";
import { RollBack } from "./RollBack";

/** Where each label points, and every move it made. */
export function LabelMoves({ artifact, label, onLabel }: {
  artifact: Artifact;
  /** The one whose moves are shown; all without it. */
  label: string | undefined;
  onLabel: (label: string | undefined) => void;
}) {
  const mayMove = useCan("labels:write");
  const [moving, setMoving] = useState<number | null>(null);
  const [rollingBack, setRollingBack] = useState<LabelMove | null>(null);
  const { data } = useInfiniteQuery(versionsQuery(artifact));
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  const latest = versions[0];
  const moves = useInfiniteQuery(movesQuery(artifact, label));
  const items = moves.data?.pages.flatMap((page) => page.items) ?? [];
  const labels = Object.fromEntries(
    versions.flatMap((version) =>
      version.labels.filter((text) => text !== "latest").map((text) => [text, version.number] as const),
    ),
  );
  const stand = standing(items);
  const back = (move: Move) => {
    const { label: moved, to_number: to, from_number: from } = move;
    const proposed = moveBack({ ...artifact, label: moved, from: from ?? undefined, to, reason: "" });
    return mayMove && stand.has(move) && proposed ? () => setRollingBack(proposed) : undefined;
  };
  const names = [...new Set([...Object.keys(labels), ...(label ? [label] : [])])].sort();

  return (
      <Card
        title="Moves of labels"
        flush
        actions={
          <>
            <SelectField
              label="Only this label"
              hideLabel
              value={label ?? ""}
              onChange={(event) => onLabel(event.target.value || undefined)}
            >
              <option value="">Every label</option>
              {names.map((text) => (
                <option key={text} value={text}>
                  {text in labels ? `${text} → ${labels[text]}` : text}
                </option>
              ))}
            </SelectField>
            {mayMove && latest && <Button look="primary" onClick={() => setMoving(latest.number)}>Move a label…</Button>}
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
                {items.map((move) => <MoveItem key={move.event_id} artifact={artifact} move={move} onBack={back(move)} />)}
              </ol>
            )
          }
        </Loaded>
        <LoadMore query={moves} />
        {moving !== null && <MoveLabel artifact={artifact} number={moving} labels={labels} onClose={() => setMoving(null)} />}
        {rollingBack && <RollBack move={rollingBack} onClose={() => setRollingBack(null)} />}
      </Card>
  );
}
