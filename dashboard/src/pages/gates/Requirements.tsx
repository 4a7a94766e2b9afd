import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { DataTable } from "../../components/DataTable";
import { Card } from "../../components/Page";
import { SEALED } from "../datasets/queries";
import { namedBy } from "../evaluations/start/draft";
import { SealedBadge } from "../releases/labels";
import type { Requirement } from "./queries";
import { ruleInWords } from "./words";

const columns: ColumnDef<Requirement, unknown>[] = [
  { header: "Requirement", cell: ({ row }) => <span className="font-medium break-all">{row.original.name}</span> },
  {
    header: "Shown when",
    cell: ({ row: { original } }) => (
      <span className="flex flex-col gap-0.5 break-words">
        {ruleInWords(original)}
        <span className="flex flex-wrap items-center gap-x-2 text-xs text-muted @3xl:hidden"><Where requirement={original} /> by {original.scorer}</span>
      </span>
    ),
  },
  { header: "Rows", cell: ({ row }) => <Where requirement={row.original} />, meta: { hideWhenNarrow: true } },
  { header: "Scorer", cell: ({ row }) => <span className="break-all">{row.original.scorer}</span>, meta: { hideWhenNarrow: true } },
];

function Where({ requirement: { dataset, split } }: { requirement: Requirement }) {
  const named = namedBy(dataset);
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Link to="/datasets/$name" params={{ name: named?.name ?? dataset }} search={{ version: named?.choice, split }} className="break-all hover:underline">{dataset}</Link>
      {split === SEALED ? <SealedBadge /> : <span className="text-xs text-muted">{split}</span>}
    </span>
  );
}

/** What must be shown before the label moves. */
export function Requirements({ requirements }: { requirements: Requirement[] }) {
  return (
    <Card title="Requirements" flush>
      {requirements.length === 0 ? (
        <p className="p-4 text-sm text-muted">It asks for no evaluation: persons alone decide.</p>
      ) : (
        <DataTable label="Requirements" columns={columns} rows={requirements} rowKey={(row) => row.name} />
      )}
    </Card>
  );
}
