import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Activity, ArrowUp, SearchX } from "lucide-react";
import { useEffect, useMemo } from "react";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Button, buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { useListKeys } from "../../components/keys";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, Loaded, Skeleton } from "../../components/States";
import { MakeRows } from "../datasets/MakeRows";
import { columns } from "./columns";
import { CompareBanner } from "./CompareBanner";
import { ExecutionPanel } from "./ExecutionPanel";
import { Filters } from "./Filters";
import { freshOnes, updated, withFresh } from "./newest";
import { countQuery, executionsKey, executionsQuery, newestQuery, PAGE, type Summary } from "./queries";
import { activeFilters, type EngineQuery, engineQuery, type ExecutionFilters, NO_FILTERS } from "./search";

const route = getRouteApi("/workspace/executions");
const MOST_EMPTY_PAGES = 10;
const SEARCHED_AT_ONCE = 1_000;

export function ExecutionsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const namespace = useNamespace();
  const filters = JSON.stringify({ ...search, open: undefined, tab: undefined, compare: undefined });
  // A period counts back from when it was chosen: a query that changed with every second would never settle.
  const query = useMemo(() => engineQuery(JSON.parse(filters) as ExecutionFilters, namespace, Date.now()), [filters, namespace]);
  const { rows, fresh, takeFresh, list } = useLiveList(query);
  const count = useQuery(countQuery(query)).data;
  const keys = rows.map((row) => row.id);
  const open = (id: string | undefined) =>
    void navigate({ search: (now) => ({ ...now, open: id, tab: id === undefined ? undefined : now.tab }), replace: search.open !== undefined && id !== undefined, resetScroll: false });
  useListKeys({ keys, selected: search.open, select: open });
  const change = (changes: ExecutionFilters) => void navigate({ search: (now) => ({ ...now, ...changes }), replace: true, resetScroll: false });
  return (
    <Page
      title="Executions"
      wide
      description={
        <span role="status">
          {count ? counted(count, search.q !== undefined) : "Every run of a version on a model."}
        </span>
      }
      actions={<MakeRows namespace={namespace} runs={rows} />}
    >
      <Filters search={search} onChange={change} seen={seenIn(rows)} />
      {search.compare && <CompareBanner id={search.compare} onStop={() => void navigate({ search: (now) => ({ ...now, compare: undefined }), resetScroll: false })} />}
      <WithPanel
        panel={
          search.open && (
            <ExecutionPanel
              key={search.open}
              id={search.open}
              tab={search.tab ?? "overview"}
              compare={search.compare}
              onTab={(tab) => void navigate({ search: (now) => ({ ...now, tab: tab === "overview" ? undefined : tab }), replace: true, resetScroll: false })}
              onClose={() => open(undefined)}
            />
          )
        }
      >
        <Loaded query={list} loading={<Card><Skeleton lines={8} /></Card>}>
          {() => (
            <Card flush>
              {fresh.length > 0 && rows.length > 0 && (
                <div className="flex justify-center border-b border-line p-1.5">
                  <Button look="quiet" icon={ArrowUp} onClick={takeFresh}>
                    {fresh.length >= PAGE ? `${PAGE} or more` : fresh.length} new {fresh.length === 1 ? "execution" : "executions"}
                  </Button>
                </div>
              )}
              {rows.length === 0 ? (
                <Nothing filtered={activeFilters(search) > 0} searching={list.isFetching || list.hasNextPage} onClear={() => change(NO_FILTERS)} />
              ) : (
                <DataTable
                  label="Executions"
                  columns={columns}
                  rows={rows}
                  rowKey={(row) => row.id}
                  selectedKey={search.open}
                  onSelect={(row) => open(row.id)}
                  height="calc(100dvh - 15rem)"
                />
              )}
              <LoadMore query={list} />
            </Card>
          )}
        </Loaded>
      </WithPanel>
    </Page>
  );
}

/** A text is counted in the newest executions only, as many as one search reads. */
function counted({ count, at_least: more }: Schema<"ExecutionCount">, ofText: boolean): string {
  if (ofText && more) return `${formatCount(count)} in the newest ${formatCount(SEARCHED_AT_ONCE)}, maybe more before`;
  return `${formatCount(count)}${more ? "+" : ""} ${count === 1 && !more ? "execution" : "executions"}`;
}

/** The list, which stands still, and what has come since, which waits until it is asked for. */
function useLiveList(query: EngineQuery) {
  const client = useQueryClient();
  const list = useInfiniteQuery(executionsQuery(query));
  const newest = useQuery(newestQuery(query, list.isSuccess)).data?.items ?? [];
  const shown = list.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = updated(shown, newest);
  const fresh = list.isSuccess && !list.hasNextPage && shown.length === 0 ? newest : freshOnes(shown, newest);

  function takeFresh() {
    // More came than one look shows: begin anew, so that there is no gap.
    if (fresh.length >= PAGE) void client.resetQueries({ queryKey: executionsKey(query) });
    else client.setQueryData(executionsQuery(query).queryKey, (pages) => pages && withFresh(pages, fresh));
  }

  // Where nothing is shown, nothing can jump.
  const isFirst = shown.length === 0 && fresh.length > 0;
  useEffect(() => {
    if (isFirst) takeFresh();
  });
  // A search for text may find nothing in a page and something in the next.
  const pages = list.data?.pages.length ?? 0;
  const goesOn = query.text !== null && shown.length === 0 && list.hasNextPage && !list.isFetching && pages < MOST_EMPTY_PAGES;
  useEffect(() => {
    if (goesOn) void list.fetchNextPage();
  });
  return { rows, fresh, takeFresh, list };
}

function seenIn(rows: readonly Summary[]) {
  const distinct = (names: (string | undefined)[]) => [...new Set(names.filter((name) => name !== undefined))].sort();
  return {
    kinds: distinct(rows.map((row) => row.kind)),
    artifacts: distinct(rows.map((row) => row.artifact?.name)),
    models: distinct(rows.map((row) => row.model?.model)),
  };
}

function Nothing({ filtered, searching, onClear }: { filtered: boolean; searching: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <EmptyState icon={SearchX} title={searching ? "Nothing so far" : "No execution fits"} action={<Button onClick={onClear}>Clear the filters</Button>}>
        {searching ? "Older executions may fit." : "Take a filter away, or widen the time."}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Activity}
      title="Nothing has run yet"
      action={<Link to="/prompts" className={buttonClasses("primary")}>Run a prompt</Link>}
    >
      Run a prompt or ask a question: every run appears here with its inputs, output, tokens and trace.
    </EmptyState>
  );
}
