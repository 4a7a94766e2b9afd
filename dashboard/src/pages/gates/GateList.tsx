import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { DoorClosed, Plus } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { gatesQuery, type Summary } from "./queries";
import { protectsInWords } from "./words";

const columns: ColumnDef<Summary, unknown>[] = [
  {
    header: "Gate",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/gates/$name" params={{ name: original.name }} className="font-medium break-all hover:underline">{original.name}</Link>
        <span className="text-xs break-words text-muted">{original.description}</span>
      </span>
    ),
  },
  { header: "Protects", cell: ({ row }) => <span className="break-words">{protectsInWords(row.original.protects)}</span> },
  { header: "In force", cell: ({ row }) => <InForce gate={row.original} /> },
  { header: "Changed", cell: ({ row }) => <TimeAgo at={row.original.updated_at} />, meta: { align: "right", hideWhenNarrow: true } },
];

export function InForce({ gate: { active, enabled } }: { gate: Pick<Summary, "active" | "enabled"> }) {
  if (active === null) return <Badge>never in force</Badge>;
  return enabled ? <Badge tone="good">version {active}</Badge> : <Badge tone="warn">switched off</Badge>;
}

export function GateList() {
  const namespace = useNamespace();
  const query = useInfiniteQuery(gatesQuery(namespace));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Gates" description="What a label asks for before it moves." actions={<NewLink />}>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <EmptyState icon={DoorClosed} title="No gate yet" action={<NewLink />}>
                <p>Every label moves at the word of whoever may move labels.</p>
                <p>
                  A gate protects a label such as production: it asks for evaluations on sealed rows, and for persons who approve. Put rows into the
                  split sealed of a <Link to="/datasets" className="text-accent-ink underline">dataset</Link> first.
                </p>
              </EmptyState>
            ) : (
              <DataTable label="Gates" columns={columns} rows={rows} rowKey={(row) => row.name} opensLink height="calc(100dvh - 15rem)" />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function NewLink() {
  if (!useCan("gates:write")) return null;
  return (
    <Link to="/gates/-/edit" className={buttonClasses("primary")}>
      <Plus aria-hidden className="size-4" />
      New gate
    </Link>
  );
}
