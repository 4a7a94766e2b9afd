import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChartLine, LockKeyhole, X } from "lucide-react";
import { meQuery, useCan } from "../../api/queries";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded, Skeleton } from "../../components/States";
import { Segments } from "../../components/Tabs";
import { ChartCard } from "./ChartCard";
import { CHARTS, isEmpty } from "./charts";
import { historyQuery } from "./queries";
import { RouteTable } from "./RouteTable";
import { DEFAULT_RANGE, type MetricSearch, type Range, RANGE_WORDS, RANGES } from "./search";

const route = getRouteApi("/workspace/charts");

export function MetricsPage() {
  const me = useQuery(meQuery);
  const mayLook = useCan("instance:operate");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const range = search.range ?? DEFAULT_RANGE;

  function change(next: Partial<MetricSearch>) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  }

  return (
    <Page
      wide
      title="Metrics"
      description="How the instance does, from its own Prometheus metrics: ten-second steps for six hours, five-minute steps for thirty days."
      actions={mayLook && <RangeChoice range={range} onChange={(next) => change({ range: next === DEFAULT_RANGE ? undefined : next })} />}
    >
      {mayLook ? (
        <Charts range={range} chosen={search.route} onChoose={(name) => change({ route: name })} />
      ) : (
        <Loaded query={me}>
          {() => (
            <EmptyState icon={LockKeyhole} title="Metrics are for operators">
              They are of the whole instance, every tenant's work included. Ask whoever runs it for a key with the scope{" "}
              <code className="font-mono text-xs">instance:operate</code>.
            </EmptyState>
          )}
        </Loaded>
      )}
    </Page>
  );
}

function RangeChoice({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  return (
    <Segments
      label="Range of time"
      options={RANGES.map((name) => ({
        name,
        label: (
          <>
            <span aria-hidden>{name}</span>
            <span className="sr-only">{RANGE_WORDS[name]}</span>
          </>
        ),
      }))}
      value={range}
      onChange={onChange}
    />
  );
}

function Charts({ range, chosen, onChoose }: {
  range: Range;
  chosen: string | undefined;
  onChoose: (route: string | undefined) => void;
}) {
  const query = useQuery(historyQuery(range, chosen));
  return (
    <Loaded query={query} loading={<LoadingCharts />}>
      {(history) =>
        isEmpty(history) ? (
          <EmptyState icon={ChartLine} title="No sample yet">
            The first one comes within ten seconds after the server's start; this page fetches it by itself.
          </EmptyState>
        ) : (
          <>
            {chosen !== undefined && (
              <button
                type="button"
                onClick={() => onChoose(undefined)}
                className="inline-flex min-h-8 items-center gap-1.5 self-start rounded-md border border-line bg-accent-soft px-2 text-left text-sm text-accent-ink"
              >
                Requests and latency of <span className="font-mono text-xs break-all">{chosen}</span> only
                <X aria-hidden className="size-3.5 shrink-0" />
              </button>
            )}
            <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2 2xl:grid-cols-3">
              {CHARTS.map((kind) => (
                <ChartCard key={kind.metric} kind={kind} history={history} />
              ))}
            </div>
            <RouteTable range={range} chosen={chosen} onChoose={onChoose} />
          </>
        )
      }
    </Loaded>
  );
}

function LoadingCharts() {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {CHARTS.slice(0, 4).map((kind) => (
        <Card key={kind.metric}>
          <Skeleton lines={7} />
        </Card>
      ))}
    </div>
  );
}
