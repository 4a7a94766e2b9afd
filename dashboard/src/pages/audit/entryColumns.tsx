import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { formatCount } from "../../components/format";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import type { Entry } from "./queries";

/** The columns of the list; fewer while a panel is open. */
export function entryColumns(narrow: boolean): ColumnDef<Entry, unknown>[] {
  const columns: ColumnDef<Entry, unknown>[] = [
    {
      header: "Leaf",
      cell: ({ row }) => (row.original.seq === null ? "waiting" : formatCount(row.original.seq)),
      meta: { align: "right", className: "w-20" },
    },
    {
      header: "What happened",
      cell: ({ row }) => (
        <Link
          from="/audit" to="/audit" resetScroll={false} search={(search) => ({ ...search, open: row.original.id })} preload={false}
          className="font-medium hover:underline"
        >
          {row.original.kind}
        </Link>
      ),
    },
    {
      header: "To what",
      cell: ({ row }) => <span className="block max-w-72 truncate font-mono text-xs">{row.original.subject}</span>,
      meta: { hideWhenNarrow: true },
    },
    {
      header: "Who",
      cell: ({ row }) => <Principal id={row.original.actor_id} />,
      meta: { hideWhenNarrow: true },
    },
    { header: "When", cell: ({ row }) => <TimeAgo at={row.original.occurred_at} /> },
  ];
  return narrow ? columns.filter((column) => ["Leaf", "What happened", "When"].includes(String(column.header))) : columns;
}
