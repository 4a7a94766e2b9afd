import { presentableDiff } from "@codemirror/merge";
import { segments } from "../../executions/compare";
import type { Side } from "../search";

const MARKS = {
  left: "bg-bad-soft text-bad line-through decoration-1",
  right: "bg-good-soft text-good underline decoration-1 underline-offset-2",
};

/** One of two texts; what only it has is marked in it. */
export function Marked({ left, right, side }: { left: string; right: string; side: Side }) {
  const changes = presentableDiff(left, right, { scanLimit: 500 });
  const isLeft = side === "left";
  const spans = changes.map((change) => (isLeft ? { from: change.fromA, to: change.toA } : { from: change.fromB, to: change.toB }));
  const parts = segments(isLeft ? left : right, spans);
  const Mark = isLeft ? "del" : "ins";
  if (parts.length === 0) return <span className="text-muted">Nothing.</span>;
  return parts.map((part, place) =>
    part.changed ? <Mark key={place} className={MARKS[side]}>{part.text}</Mark> : <span key={place}>{part.text}</span>,
  );
}
