import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Rocket } from "lucide-react";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { EmptyState, Loaded } from "../../components/States";
import { Segments } from "../../components/Tabs";
import { TimeAgo } from "../../components/TimeAgo";
import { TypedField } from "../../components/TypedField";
import { StateBadge } from "./labels";
import { isOpen, type ReleaseRequest, requestsQuery } from "./queries";
import type { ListSearch } from "./search";
import { approvalsLeft, evidenceInWords, moveInWords } from "./words";

const route = getRouteApi("/workspace/releases");

const columns: ColumnDef<ReleaseRequest, unknown>[] = [
  {
    header: "Release",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/releases/$requestId" params={{ requestId: original.id }} className="font-medium break-all hover:underline">
          {original.name}
        </Link>
        <span className="text-xs break-words text-muted">{original.kind !== "prompt" && `${original.kind}, `}{moveInWords(original)}</span>
      </span>
    ),
  },
  { header: "State", cell: ({ row }) => <StateBadge state={row.original.state} /> },
  { header: "Evidence", cell: ({ row }) => evidenceInWords(row.original), meta: { hideWhenNarrow: true } },
  { header: "Approvals", cell: ({ row }) => <Approved request={row.original} />, meta: { hideWhenNarrow: true } },
  { header: "Asked by", cell: ({ row }) => <Principal id={row.original.requested_by} />, meta: { hideWhenNarrow: true } },
  { header: "Since", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { align: "right" } },
];

function Approved({ request }: { request: ReleaseRequest }) {
  const needed = request.approvals_needed;
  if (needed === 0) return <span className="text-muted">none needed</span>;
  return <>{needed - approvalsLeft(request)} of {needed}</>;
}

/** The inbox: what waits for evidence, for a person, or to be released; what has ended on request. */
export function RequestList() {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(requestsQuery(namespace, search.state ?? "open", search.artifact ? { kind: "prompt", name: search.artifact } : undefined));
  const rows = openFirst(query.data?.pages.flatMap((page) => page.items) ?? []);
  const change = (next: ListSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  return (
    <Page title="Releases" description="Labels that are protected move on evidence and by the word of persons.">
      <div className="flex flex-wrap items-center gap-2">
        <Segments
          label="Which requests"
          options={[{ name: "open", label: "Open" }, { name: "all", label: "All" }]}
          value={search.state ?? "open"}
          onChange={(state) => change({ state: state === "all" ? state : undefined })}
        />
        <TypedField
          label="Only of this prompt" placeholder="Prompt" type="search" className="w-60 max-w-full"
          value={search.artifact} options={[...new Set(rows.filter((row) => row.kind === "prompt").map((row) => row.name))].sort()} onSettled={(artifact) => change({ artifact })}
        />
        {query.data && (
          <span role="status" className="text-sm text-muted">
            {formatCount(rows.length)}{query.hasNextPage ? "+" : ""} {rows.length === 1 ? "request" : "requests"}
          </span>
        )}
      </div>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <Nothing search={search} onChange={change} />
            ) : (
              <DataTable label="Requests for releases" columns={columns} rows={rows} rowKey={(row) => row.id} opensLink height="calc(100dvh - 15rem)" />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function openFirst(requests: readonly ReleaseRequest[]): ReleaseRequest[] {
  return [...requests.filter(isOpen), ...requests.filter((one) => !isOpen(one))];
}

function Nothing({ search, onChange }: { search: ListSearch; onChange: (next: ListSearch) => void }) {
  if (search.artifact !== undefined) {
    return (
      <EmptyState icon={Rocket} title="No request for this prompt" action={<Button onClick={() => onChange({ artifact: undefined })}>Clear the filter</Button>}>
        Names are matched exactly.
      </EmptyState>
    );
  }
  if (search.state === undefined) {
    return (
      <EmptyState icon={Rocket} title="Nothing waits for a release" action={<Button onClick={() => onChange({ state: "all" })}>Show what has ended</Button>}>
        <p>
          Where a <Link to="/gates" className="text-accent-ink underline">gate</Link> protects a label, moving it says what is missing and offers to
          request the release.
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Rocket} title="No release was ever requested">
      Protect a label by a <Link to="/gates" className="text-accent-ink underline">gate</Link>: from then on it moves on evidence.
    </EmptyState>
  );
}
