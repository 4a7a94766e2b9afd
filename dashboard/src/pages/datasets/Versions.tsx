import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useCan } from "../../api/queries";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { Digest } from "../../components/Digest";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { MoveLabel } from "./MoveLabel";
import { type Version, versionsQuery } from "./queries";

/** Every version, newest first. */
export function Versions({ namespace, name }: { namespace: string; name: string }) {
  const query = useInfiniteQuery(versionsQuery(namespace, name));
  const [moving, setMoving] = useState<number | null>(null);
  const mayMove = useCan("labels:write");
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = useMemo(() => columnsFor(name, mayMove ? setMoving : null), [name, mayMove]);
  return (
    <Loaded query={query}>
      {() => (
        <Card flush>
          <DataTable label="Versions" columns={columns} rows={rows} rowKey={(row) => String(row.number)} height="70vh" />
          <LoadMore query={query} />
          {moving !== null && (
            <MoveLabel {...{ namespace, name }} number={moving} labels={labelsOf(rows)} onClose={() => setMoving(null)} />
          )}
        </Card>
      )}
    </Loaded>
  );
}

function labelsOf(rows: readonly Version[]): Record<string, number> {
  return Object.fromEntries(rows.flatMap((row) => row.labels.map((label) => [label, row.number])));
}

function columnsFor(name: string, release: ((number: number) => void) | null): ColumnDef<Version, unknown>[] {
  return [
    {
      header: "Version",
      cell: ({ row }) => (
        <Link to="/datasets/$name" params={{ name }} search={{ version: String(row.original.number) }} className="font-medium hover:underline">
          {row.original.number}
        </Link>
      ),
    },
    {
      header: "Message",
      cell: ({ row: { original } }) => (
        <div className="flex flex-col gap-1 break-words">
          {original.message || <span className="text-muted">none</span>}
          <span className="@3xl:hidden"><Labels labels={original.labels} /></span>
        </div>
      ),
    },
    { header: "Labels", cell: ({ row }) => <Labels labels={row.original.labels} />, meta: { hideWhenNarrow: true } },
    { header: "By", cell: ({ row }) => <Principal id={row.original.author_id} />, meta: { hideWhenNarrow: true } },
    { header: "Pushed", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
    { header: "Digest", cell: ({ row }) => <Digest value={row.original.digest} />, meta: { hideWhenNarrow: true } },
    {
      id: "release",
      header: () => <span className="sr-only">Release</span>,
      cell: ({ row }) =>
        release && (
          <Button look="quiet" onClick={() => release(row.original.number)} aria-label={`Label version ${row.original.number}`}>Label…</Button>
        ),
      meta: { align: "right" },
    },
  ];
}

function Labels({ labels }: { labels: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {labels.map((label) => <Badge key={label} tone="accent">{label}</Badge>)}
    </span>
  );
}
