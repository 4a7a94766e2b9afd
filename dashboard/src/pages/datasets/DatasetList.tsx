import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Table2, Upload } from "lucide-react";
import type { ReactNode } from "react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { TypedField } from "../../components/TypedField";
import { datasetsQuery, type Summary } from "./queries";
import type { ListSearch } from "./search";
import { Splits } from "./Splits";
import { UploadDialog } from "./upload/UploadDialog";

const route = getRouteApi("/workspace/datasets");

const columns: ColumnDef<Summary, unknown>[] = [
  {
    header: "Name",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/datasets/$name" params={{ name: original.name }} className="font-medium break-all hover:underline">
          {original.name}
        </Link>
        {original.description && <span className="line-clamp-1 text-xs text-muted">{original.description}</span>}
      </span>
    ),
  },
  { header: "Rows", cell: ({ row }) => <Splits splits={row.original.splits} /> },
  { header: "Latest", cell: ({ row }) => row.original.latest, meta: { align: "right" } },
  {
    header: "Labels",
    cell: ({ row: { original } }) => (
      <span className="flex flex-wrap gap-1">
        {Object.entries(original.labels).map(([label, number]) => (
          <Badge key={label} tone="accent">{label} → {number}</Badge>
        ))}
      </span>
    ),
    meta: { hideWhenNarrow: true },
  },
  {
    header: "Tags",
    cell: ({ row }) => (
      <span className="flex flex-wrap gap-1">
        {row.original.tags.map((tag) => (
          <Link key={tag} to="/datasets" search={{ tag }} title={`Datasets tagged ${tag}`} className="rounded hover:underline">
            <Badge>{tag}</Badge>
          </Link>
        ))}
      </span>
    ),
    meta: { hideWhenNarrow: true },
  },
  { header: "Updated", cell: ({ row }) => <TimeAgo at={row.original.updated_at} />, meta: { hideWhenNarrow: true } },
];

export function DatasetList() {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(datasetsQuery(namespace, search.q, search.tag));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const change = (next: ListSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const upload = useCan("datasets:write") && (
    <Button look="primary" icon={Upload} onClick={() => change({ upload: true })}>Upload a file</Button>
  );

  return (
    <Page title="Datasets" description="Versioned rows to test on. A sealed split is read by gates alone." actions={upload}>
      <div className="flex flex-wrap items-center gap-2">
        <TypedField label="Search names and descriptions" placeholder="Search names and descriptions" type="search" className="w-72 max-w-full" value={search.q} onSettled={(q) => change({ q })} />
        <TypedField label="Tag" placeholder="Tag" type="search" className="w-36" value={search.tag} options={tagsOf(rows)} onSettled={(tag) => change({ tag })} />
        {query.data && (
          <span role="status" className="text-sm text-muted">
            {formatCount(rows.length)}
            {query.hasNextPage ? "+" : ""} {rows.length === 1 ? "dataset" : "datasets"}
          </span>
        )}
      </div>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length > 0 ? (
              <DataTable label="Datasets" columns={columns} rows={rows} rowKey={(row) => row.name} opensLink height="calc(100dvh - 15rem)" />
            ) : search.q || search.tag ? (
              <EmptyState icon={Table2} title="No dataset fits" action={<Button onClick={() => change({ q: undefined, tag: undefined })}>Clear the filters</Button>}>
                Nothing in this namespace has this text and tag.
              </EmptyState>
            ) : (
              <NoDatasets upload={upload} />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
      {search.upload && (
        <UploadDialog
          namespace={namespace}
          onClose={() => change({ upload: undefined })}
          onPushed={({ name }) => void navigate({ to: "/datasets/$name", params: { name }, search: {} })}
        />
      )}
    </Page>
  );
}

function NoDatasets({ upload }: { upload: ReactNode }) {
  return (
    <EmptyState icon={Table2} title="No dataset yet" action={upload}>
      A dataset is what a version is tested on. Upload CSV, TSV, JSON Lines or Parquet here, or on the command line:
      <code className="mt-2 block font-mono text-xs">mcp-engine dataset push FILE --share open=0.6 --share sealed=0.4</code>
      Runs that you have already make rows too:
      <code className="mt-2 block font-mono text-xs">mcp-engine dataset from-executions NAME --prompt PROMPT</code>
    </EmptyState>
  );
}

function tagsOf(rows: readonly Summary[]): string[] {
  return [...new Set(rows.flatMap((row) => row.tags))].sort();
}
