import { presentableDiff } from "@codemirror/merge";
import { segments, type Segment } from "./compare";

/** Two texts side by side; what only one of them has is marked in it. */
export function TextDiff({ left, right, label }: { left: string; right: string; label: string }) {
  const changes = presentableDiff(left, right, { scanLimit: 1000 });
  const old = segments(left, changes.map((change) => ({ from: change.fromA, to: change.toA })));
  const fresh = segments(right, changes.map((change) => ({ from: change.fromB, to: change.toB })));
  return (
    <div className="grid gap-3 md:grid-cols-2">
      <Side label={`${label}, left`} parts={old} mark="del" />
      <Side label={`${label}, right`} parts={fresh} mark="ins" />
    </div>
  );
}

const MARKS = {
  del: "bg-bad-soft text-bad line-through decoration-1",
  ins: "bg-good-soft text-good underline decoration-1 underline-offset-2",
};

function Side({ label, parts, mark }: { label: string; parts: readonly Segment[]; mark: "del" | "ins" }) {
  const Mark = mark;
  return (
    <div
      role="region" aria-label={label} tabIndex={0}
      className="max-h-[50vh] min-h-10 overflow-auto rounded-md bg-raised p-3 text-sm break-words whitespace-pre-wrap"
    >
      {parts.map((part, place) =>
        part.changed ? <Mark key={place} className={MARKS[mark]}>{part.text}</Mark> : <span key={place}>{part.text}</span>,
      )}
      {parts.length === 0 && <span className="text-muted">Nothing.</span>}
    </div>
  );
}
