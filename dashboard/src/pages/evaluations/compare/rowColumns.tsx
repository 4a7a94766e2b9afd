import type { ColumnDef } from "@tanstack/react-table";
import { Badge } from "../../../components/Badge";
import { brief } from "../../datasets/text";
import { FailureCode } from "../FailureCode";
import type { ComparedOutput, ComparedRow, Difference } from "../queries";
import { formatDifference, formatScore } from "../scores";
import type { Side } from "../search";
import { Marked } from "./Marked";

export interface SideNames {
  left: string;
  right: string;
}

/** A row's inputs, both outputs with what differs marked, and the change of its score. */
export function columnsFor(measure: Difference, names: SideNames, isNarrow: boolean): ColumnDef<ComparedRow, unknown>[] {
  const all: (ColumnDef<ComparedRow, unknown> | false)[] = [
    {
      header: "Row",
      cell: ({ row: { original } }) => (
        <button type="button" className="font-medium hover:underline" aria-label={`Open row ${original.position + 1}`}>{original.position + 1}</button>
      ),
      meta: { className: "w-12" },
    },
    {
      header: "Inputs",
      cell: ({ row: { original } }) => (
        <span className="flex min-w-0 flex-col gap-1">
          <span className="line-clamp-3 break-words">{original.inputs === null ? "Erased" : brief(original.inputs)}</span>
          {brief(original.expected) && <span className="line-clamp-2 text-xs break-words text-muted">expected: {brief(original.expected)}</span>}
        </span>
      ),
      meta: { className: isNarrow ? "" : "@3xl:w-1/4" },
    },
    !isNarrow && { id: "left", header: names.left, cell: ({ row }) => <SideCell row={row.original} side="left" measure={measure} />, meta: { hideWhenNarrow: true } },
    !isNarrow && { id: "right", header: names.right, cell: ({ row }) => <SideCell row={row.original} side="right" measure={measure} />, meta: { hideWhenNarrow: true } },
    { header: "Change", cell: ({ row }) => <Change row={row.original} measure={measure} />, meta: { align: "right" } },
  ];
  return all.filter((column) => column !== false);
}

function SideCell({ row, side, measure }: { row: ComparedRow; side: Side; measure: Difference }) {
  const [left, right] = [row.outputs[0], row.outputs.at(-1)];
  const own = side === "left" ? left : right;
  if (!own) return null;
  return (
    <span className="flex min-w-0 flex-col gap-1">
      {own.error_code ? (
        <FailureCode code={own.error_code} />
      ) : (
        <span className="line-clamp-4 break-words"><Marked left={textOf(left)} right={textOf(right)} side={side} /></span>
      )}
      <span className="text-xs text-muted">{scoreOf(own, measure)}</span>
    </span>
  );
}

/** The output as a text to be compared. */
export function textOf(output: ComparedOutput | undefined): string {
  return brief(output?.output);
}

export function scoreOf(output: ComparedOutput, measure: Difference): string {
  return output.failure_code ?? formatScore(output.value, measure);
}

function Change({ row, measure }: { row: ComparedRow; measure: Difference }) {
  if (row.change === null) return <span className="text-muted">not known</span>;
  if (row.change === 0) return <span className="text-muted">same</span>;
  const isBetter = row.change > 0 === (measure.direction === "higher");
  return (
    <span className="flex flex-col items-end gap-0.5">
      <span className="whitespace-nowrap">{formatDifference(row.change, measure)}</span>
      <Badge tone={isBetter ? "good" : "bad"}>{isBetter ? "gained" : "lost"}</Badge>
    </span>
  );
}
