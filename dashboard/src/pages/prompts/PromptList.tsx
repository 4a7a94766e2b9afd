import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { SquareTerminal } from "lucide-react";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { DataTable } from "../../components/DataTable";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { promptsQuery } from "./queries";

type Summary = Schema<"PromptSummary">;
const route = getRouteApi("/workspace/prompts");

const columns: ColumnDef<Summary, unknown>[] = [
  { header: "Name", cell: ({ row }) => <span className="font-medium">{row.original.name}</span> },
  { header: "Latest", cell: ({ row }) => row.original.latest, meta: { align: "right" } },
  {
    header: "Labels",
    cell: ({ row }) => (
      <span className="flex flex-wrap gap-1">
        {Object.entries(row.original.labels).map(([label, number]) => (
          <Badge key={label} tone="accent">
            {label} {number}
          </Badge>
        ))}
      </span>
    ),
  },
  { header: "Changed", cell: ({ row }) => <TimeAgo at={row.original.updated_at} />, meta: { hideWhenNarrow: true } },
];

export function PromptList() {
  const namespace = useNamespace();
  const { q, tag } = route.useSearch();
  const query = useInfiniteQuery(promptsQuery({ namespace, prefix: q, tag }));
  return (
    <Page title="Prompts" description="Governed templates: every version is kept, labels say what is released.">
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          return (
            <Card flush>
              {rows.length === 0 ? (
                <EmptyState icon={SquareTerminal} title="No prompt yet" />
              ) : (
                <DataTable label="Prompts" columns={columns} rows={rows} rowKey={(row) => row.name} />
              )}
              <LoadMore query={query} />
            </Card>
          );
        }}
      </Loaded>
    </Page>
  );
}
