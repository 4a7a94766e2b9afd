import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Plus, SquareTerminal } from "lucide-react";
import type { Schema } from "../../api/client";
import { useCan } from "../../api/queries";
import { DEFAULT_NAMESPACE, useNamespace } from "../../app/routes";
import { Button, buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { TypedField } from "../../components/TypedField";
import { Chip } from "./Chip";
import { promptsQuery } from "./queries";
import type { ListSearch } from "./search";

type Summary = Schema<"PromptSummary">;
const route = getRouteApi("/workspace/prompts");

const columns: ColumnDef<Summary, unknown>[] = [
  {
    header: "Name",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/prompts/$name" params={{ name: original.name }} className="font-medium break-all hover:underline">
          {original.name}
        </Link>
        {original.description && <span className="line-clamp-1 text-xs text-muted">{original.description}</span>}
      </span>
    ),
  },
  { header: "Latest", cell: ({ row }) => row.original.latest, meta: { align: "right" } },
  {
    header: "Labels",
    cell: ({ row: { original } }) => (
      <span className="flex flex-wrap gap-1">
        {Object.entries(original.labels).map(([label, number]) => (
          <Chip key={label} tone="accent" search={{ label }} what={`with the label ${label}`}>
            {label} → {number}
          </Chip>
        ))}
      </span>
    ),
  },
  {
    header: "Tags",
    cell: ({ row }) => (
      <span className="flex flex-wrap gap-1">
        {row.original.tags.map((tag) => (
          <Chip key={tag} search={{ tag }} what={`tagged ${tag}`}>
            {tag}
          </Chip>
        ))}
      </span>
    ),
    meta: { hideWhenNarrow: true },
  },
  { header: "Kind", cell: ({ row }) => row.original.type ?? "erased", meta: { hideWhenNarrow: true } },
  { header: "Changed", cell: ({ row }) => <TimeAgo at={row.original.updated_at} />, meta: { hideWhenNarrow: true } },
];

export function PromptList() {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(promptsQuery({ namespace, text: search.q, tag: search.tag, label: search.label }));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Boolean(search.q ?? search.tag ?? search.label);
  const change = (next: ListSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });

  return (
    <Page
      title="Prompts"
      description="Governed templates: every version is kept, labels say what is released."
      actions={<NewPromptLink />}
    >
      <div className="flex flex-wrap items-center gap-2">
        <TypedField label="Search names and descriptions" placeholder="Search names and descriptions" type="search" className="w-72 max-w-full" value={search.q} onSettled={(q) => change({ q })} />
        <TypedField label="Tag" placeholder="Tag" type="search" className="w-36" value={search.tag} options={tagsOf(rows)} onSettled={(tag) => change({ tag })} />
        <TypedField label="Label" placeholder="Label" type="search" className="w-36" value={search.label} options={labelsOf(rows)} onSettled={(label) => change({ label })} />
        {query.data && (
          <span role="status" className="text-sm text-muted">
            {formatCount(rows.length)}
            {query.hasNextPage ? "+" : ""} {rows.length === 1 ? "prompt" : "prompts"}
          </span>
        )}
      </div>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <NoPrompts isFiltered={isFiltered} onClear={() => change({ q: undefined, tag: undefined, label: undefined })} />
            ) : (
              <DataTable label="Prompts" columns={columns} rows={rows} rowKey={(row) => row.name} opensLink height="calc(100dvh - 15rem)" />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function NewPromptLink() {
  if (!useCan("prompts:write")) return null;
  return (
    <Link to="/prompts/-/new" className={buttonClasses("primary")}>
      <Plus aria-hidden className="size-4" />
      New prompt
    </Link>
  );
}

function NoPrompts({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const namespace = useNamespace();
  if (isFiltered) {
    return (
      <EmptyState icon={SquareTerminal} title="No prompt fits" action={<Button onClick={onClear}>Clear the filters</Button>}>
        Nothing in this namespace has this text, tag and label.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={SquareTerminal} title="No prompt yet" action={<NewPromptLink />}>
      Write the first one here, or push a file:{" "}
      <code className="font-mono text-xs">mcp-engine prompt push FILE{namespace !== DEFAULT_NAMESPACE && ` --namespace ${namespace}`}</code>
    </EmptyState>
  );
}

function tagsOf(rows: readonly Summary[]): string[] {
  return [...new Set(rows.flatMap((row) => row.tags))].sort();
}

function labelsOf(rows: readonly Summary[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].sort();
}
