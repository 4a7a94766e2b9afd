import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Grid3x3, Plus, SlidersHorizontal } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { type Summary, strategyListQuery } from "./queries";

const columns: ColumnDef<Summary, unknown>[] = [
  {
    header: "Strategy",
    cell: ({ row: { original: { name } } }) => (
      <Link to="/strategies/$name" params={{ name }} className="font-medium break-all hover:underline">{name}</Link>
    ),
  },
  { header: "Latest", cell: ({ row }) => <span className="font-mono">{row.original.latest}</span>, meta: { align: "right" } },
  {
    header: "Labels",
    cell: ({ row }) => (
      <span className="flex flex-wrap gap-1">
        {Object.entries(row.original.labels).map(([label, number]) => <Badge key={label}>{`${label} → ${number}`}</Badge>)}
      </span>
    ),
  },
  { header: "Changed", cell: ({ row }) => <TimeAgo at={row.original.updated_at} />, meta: { align: "right", hideWhenNarrow: true } },
];

export function StrategyList() {
  const namespace = useNamespace();
  const query = useInfiniteQuery(strategyListQuery(namespace));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Strategies"
      description="How documents are cut, found and answered from. Versions never change; a question names the one it wants."
      actions={
        <>
          <Link to="/strategies/-/sweeps" className={buttonClasses()}>
            <Grid3x3 aria-hidden className="size-4" />
            Sweeps
          </Link>
          <NewLink />
        </>
      }
    >
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <EmptyState icon={SlidersHorizontal} title="No strategy yet" action={<NewLink />}>
                The first question makes the strategy “default” with the engine’s own options. Write one to try others.
              </EmptyState>
            ) : (
              <DataTable label="Strategies" columns={columns} rows={rows} rowKey={(row) => row.name} opensLink height="calc(100dvh - 15rem)" />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function NewLink() {
  if (!useCan("artifacts:write")) return null;
  return (
    <Link to="/strategies/-/edit" className={buttonClasses("primary")}>
      <Plus aria-hidden className="size-4" />
      New strategy
    </Link>
  );
}
