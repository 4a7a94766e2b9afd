import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Grid3x3 } from "lucide-react";
import { useCan } from "../../../api/queries";
import { useNamespace } from "../../../app/routes";
import { Button } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { LoadMore } from "../../../components/LoadMore";
import { Card, Page } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, Loaded } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { StateBadge } from "../../evaluations/StateBadge";
import { shortName } from "./grid";
import { type Sweep, sweepsQuery } from "./queries";
import { StartSweep } from "./StartSweep";

const route = getRouteApi("/workspace/strategies/-/sweeps");

const columns: ColumnDef<Sweep, unknown>[] = [
  {
    header: "Sweep",
    cell: ({ row: { original: sweep } }) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/strategies/-/sweeps/$sweepId" params={{ sweepId: sweep.id }} className="font-medium break-words hover:underline">
          {sweep.strategy}/{sweep.strategy_number}: {sweep.options.map(({ option }) => shortName(option)).join(" × ")}
        </Link>
        <span className="text-xs break-words text-muted">in {sweep.collection}, on {sweep.dataset_name}/{sweep.dataset_number}</span>
      </span>
    ),
  },
  { header: "Evaluated", cell: ({ row: { original } }) => `${original.combinations_done} of ${original.combinations}`, meta: { align: "right" } },
  { header: "State", cell: ({ row }) => <StateBadge state={row.original.state} />, meta: { hideWhenNarrow: true } },
  { header: "Started", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { align: "right", hideWhenNarrow: true } },
];

export function SweepList() {
  const namespace = useNamespace();
  const { start } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(sweepsQuery(namespace));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayRun = useCan("evaluations:run");
  const open = (isOpen: boolean) => void navigate({ search: { start: isOpen || undefined }, replace: true });
  const begin = mayRun && !start && <Button look="primary" icon={Grid3x3} onClick={() => open(true)}>Start a sweep</Button>;
  return (
    <Page
      title="Sweeps"
      wide
      above={<Link to="/strategies" className="hover:underline">Strategies</Link>}
      description="Options of a strategy in every combination, by quality and latency."
      actions={begin}
    >
      <WithPanel
        panel={start && (
          <StartSweep
            namespace={namespace}
            onClose={() => open(false)}
            onStarted={(sweepId) => void navigate({ to: "/strategies/-/sweeps/$sweepId", params: { sweepId }, search: {} })}
          />
        )}
      >
        <Loaded query={query}>
          {() => (
            <Card flush>
              {rows.length === 0 ? (
                <EmptyState icon={Grid3x3} title="No sweep yet" action={begin}>
                  Name the values that you want to try of some options: every combination is asked the questions of a dataset.
                </EmptyState>
              ) : (
                <DataTable label="Sweeps" columns={columns} rows={rows} rowKey={(row) => row.id} opensLink height="calc(100dvh - 15rem)" />
              )}
              <LoadMore query={query} />
            </Card>
          )}
        </Loaded>
      </WithPanel>
    </Page>
  );
}
