import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { formatCount } from "../../components/format";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import type { Entry } from "./queries";

export const entryColumns: ColumnDef<Entry, unknown>[] = [
  {
    header: "Leaf",
    cell: ({ row }) => (row.original.seq === null ? "waiting" : formatCount(row.original.seq)),
    meta: { align: "right", className: "w-20" },
  },
  {
    header: "What happened",
    cell: ({ row }) => (
      <span className="flex flex-col">
        <Link
          from="/audit" to="/audit" resetScroll={false} search={(search) => ({ ...search, open: row.original.id })} preload={false}
          className="self-start font-medium break-all hover:underline"
        >
          {row.original.kind}
        </Link>
        <span className="text-xs break-words text-muted @3xl:hidden">{row.original.about}</span>
      </span>
    ),
  },
  {
    header: "To what",
    cell: ({ row }) => (
      <span className="flex max-w-80 flex-col" title={row.original.subject}>
        <span className="truncate">{row.original.about}</span>
        <span className="truncate font-mono text-xs text-muted">{row.original.subject}</span>
      </span>
    ),
    meta: { hideWhenNarrow: true },
  },
  {
    header: "Who",
    cell: ({ row }) => <Principal id={row.original.actor_id} />,
    meta: { hideWhenNarrow: true },
  },
  { header: "When", cell: ({ row }) => <TimeAgo at={row.original.occurred_at} /> },
];
