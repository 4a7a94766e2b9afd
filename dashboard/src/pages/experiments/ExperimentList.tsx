import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { FlaskConical, Plus } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button, buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { TypedField } from "../../components/TypedField";
import { DecisionBadge, StateBadge } from "./labels";
import { analysisQuery, experimentsQuery, type Summary } from "./queries";
import { armsInWords, formatShare } from "./words";

const route = getRouteApi("/workspace/experiments");
const CONCLUSION_REFRESH_MS = 60_000;

const columns: ColumnDef<Summary, unknown>[] = [
  {
    header: "Experiment",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/experiments/$name" params={{ name: original.name }} className="font-medium break-all hover:underline">
          {original.name}
        </Link>
        <span className="text-xs break-all text-muted">{original.artifact}@{original.label}</span>
        <span className="text-xs text-muted @3xl:hidden">{armsInWords(original.arms)}</span>
      </span>
    ),
  },
  { header: "Arms and shares", cell: ({ row }) => armsInWords(row.original.arms), meta: { hideWhenNarrow: true } },
  {
    header: "State",
    cell: ({ row: { original } }) => (
      <span className="flex flex-wrap gap-1">
        <StateBadge state={original.state} />
        {original.alarmed && <Badge tone="bad">shares are off</Badge>}
      </span>
    ),
  },
  { header: "Concluded now", cell: ({ row }) => <Concluded experiment={row.original} />, meta: { hideWhenNarrow: true } },
  { header: "Traffic", cell: ({ row }) => formatShare(row.original.traffic), meta: { align: "right", hideWhenNarrow: true } },
  { header: "Since", cell: ({ row }) => <TimeAgo at={row.original.started_at ?? row.original.created_at} />, meta: { hideWhenNarrow: true } },
];

/** Of what runs alone: an analysis takes some tens of milliseconds, too long for a hundred that have ended. */
function Concluded({ experiment }: { experiment: Summary }) {
  const isRunning = experiment.state === "running";
  const query = useQuery({
    ...analysisQuery(experiment.namespace, experiment.name, isRunning, CONCLUSION_REFRESH_MS),
    enabled: isRunning,
    staleTime: CONCLUSION_REFRESH_MS,
  });
  return query.data ? <DecisionBadge decision={query.data.conclusion.decision} /> : <span className="text-muted">–</span>;
}

export function ExperimentList() {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(experimentsQuery(namespace, search.artifact));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = (artifact: string | undefined) => void navigate({ search: (old) => ({ ...old, artifact }), replace: true });
  return (
    <Page
      title="Experiments"
      description="Versions beside each other on live traffic; look as often as you like."
      actions={<NewLink />}
    >
      <div className="flex flex-wrap items-center gap-2">
        <TypedField
          label="Only of this prompt" placeholder="Prompt" type="search" className="w-72 max-w-full"
          value={search.artifact} options={[...new Set(rows.map((row) => row.artifact))].sort()} onSettled={filter}
        />
        {query.data && (
          <span role="status" className="text-sm text-muted">
            {formatCount(rows.length)}{query.hasNextPage ? "+" : ""} {rows.length === 1 ? "experiment" : "experiments"}
          </span>
        )}
      </div>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <Nothing isFiltered={search.artifact !== undefined} onClear={() => filter(undefined)} />
            ) : (
              <DataTable label="Experiments" columns={columns} rows={rows} rowKey={(row) => row.id} opensLink height="calc(100dvh - 15rem)" />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function NewLink() {
  if (!useCan("experiments:write")) return null;
  return (
    <Link to="/experiments/-/new" className={buttonClasses("primary")}>
      <Plus aria-hidden className="size-4" />
      New experiment
    </Link>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState icon={FlaskConical} title="No experiment on this prompt" action={<Button onClick={onClear}>Clear the filter</Button>}>
        Names are matched exactly.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={FlaskConical} title="No experiment yet" action={<NewLink />}>
      <p>An experiment splits a label between versions: each user always gets the same one.</p>
      <p>
        Say how it went after a run: <code className="font-mono text-xs break-words">mcp-engine feedback EXECUTION helpful true</code>,
        or <code className="font-mono text-xs">POST /api/v1/feedback</code>.
      </p>
      <p>This page says at every moment which version is better, and moves the label to it when you say so.</p>
    </EmptyState>
  );
}
