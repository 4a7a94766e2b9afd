import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { GitCompareArrows } from "lucide-react";
import { useMemo, useState } from "react";
import { useCan } from "../../api/queries";
import { Badge } from "../../components/Badge";
import { Button, buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { Digest } from "../../components/Digest";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { type Artifact, PAGES } from "./artifact";
import { MoveLabel } from "./MoveLabel";
import { type Version, versionsQuery } from "./queries";

/** Every version, newest first; two that are marked can be compared. */
export function VersionTable({ artifact }: { artifact: Artifact }) {
  const { kind, name } = artifact;
  const query = useInfiniteQuery(versionsQuery(artifact));
  const [marked, setMarked] = useState<readonly number[]>([]);
  const [moving, setMoving] = useState<number | null>(null);
  const mayMove = useCan("labels:write");
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = useMemo(
    () => columnsFor({ kind, name, marked, setMarked, release: mayMove ? setMoving : null }),
    [kind, name, marked, mayMove],
  );
  const [from, to] = [...marked].sort((one, other) => one - other);

  return (
    <Loaded query={query}>
      {() => (
        <Card
          title="Versions"
          flush
          actions={
            from !== undefined && to !== undefined ? (
              <Link
                to={PAGES[kind].compare}
                params={{ name }}
                search={{ from: String(from), to: String(to) }}
                className={buttonClasses("primary")}
              >
                <GitCompareArrows aria-hidden className="size-4" />
                Compare {from} and {to}
              </Link>
            ) : (
              <span className="text-sm text-muted">Mark two to compare them.</span>
            )
          }
        >
          <DataTable label="Versions" columns={columns} rows={rows} rowKey={(row) => String(row.number)} height="70vh" />
          <LoadMore query={query} />
          {moving !== null && (
            <MoveLabel artifact={artifact} number={moving} labels={labelsOf(rows)} onClose={() => setMoving(null)} />
          )}
        </Card>
      )}
    </Loaded>
  );
}

function labelsOf(rows: readonly Version[]): Record<string, number> {
  return Object.fromEntries(rows.flatMap((row) => row.labels.map((label) => [label, row.number])));
}

interface ColumnOptions extends Pick<Artifact, "kind" | "name"> {
  marked: readonly number[];
  setMarked: (marked: readonly number[]) => void;
  release: ((number: number) => void) | null;
}

function columnsFor({ kind, name, marked, setMarked, release }: ColumnOptions): ColumnDef<Version, unknown>[] {
  function toggle(number: number) {
    setMarked(marked.includes(number) ? marked.filter((other) => other !== number) : [...marked.slice(-1), number]);
  }
  return [
    {
      id: "mark",
      header: () => <span className="sr-only">Compare</span>,
      cell: ({ row }) => (
        <input
          type="checkbox"
          aria-label={`Compare version ${row.original.number}`}
          className="size-4 accent-accent align-middle"
          checked={marked.includes(row.original.number)}
          onChange={() => toggle(row.original.number)}
        />
      ),
    },
    {
      header: "Version",
      cell: ({ row }) => (
        <Link to={PAGES[kind].version} params={{ name }} search={{ version: String(row.original.number) }} className="font-medium hover:underline">
          {row.original.number}
        </Link>
      ),
    },
    {
      header: "Message",
      cell: ({ row }) => (
        <div className="flex flex-col gap-1 break-words">
          {row.original.message || <span className="text-muted">none</span>}
          <span className="@3xl:hidden"><Labels labels={row.original.labels} /></span>
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
          <Button look="quiet" onClick={() => release(row.original.number)} aria-label={`Label version ${row.original.number}`}>
            Label…
          </Button>
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
