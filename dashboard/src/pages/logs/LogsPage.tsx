import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Pause, Play, ScrollText } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { useListKeys } from "../../components/keys";
import { Card, Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, ErrorState, Loaded, Skeleton } from "../../components/States";
import { isGap, joined, type LogLine } from "./lines";
import { LinePanel } from "./LinePanel";
import { LogFilters } from "./LogFilters";
import { LogList } from "./LogList";
import { logsQuery } from "./queries";
import { filterOf, type LogFilter, type LogSearch } from "./search";
import { TailStatus } from "./TailStatus";
import { useLogTail } from "./useLogTail";

const route = getRouteApi("/workspace/logs");

export function LogsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = filterOf(search);
  const seesInstance = useCan("instance:operate");

  function change(next: Partial<LogSearch>) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  }

  return (
    <Page
      wide
      title="Logs"
      description={
        seesInstance
          ? "What the server and its workers say, as it happens: lines of your tenant and of the instance."
          : "What the server and its workers say while they work for your tenant, as it happens."
      }
      actions={
        <Button
          icon={search.paused ? Play : Pause}
          onClick={() => change({ paused: search.paused ? undefined : true })}
        >
          {search.paused ? "Resume" : "Pause"}
        </Button>
      }
    >
      <LogFilters filter={filter} onChange={change} />
      <FilteredLog key={JSON.stringify(filter)} filter={filter} search={search} change={change} />
    </Page>
  );
}

interface FilteredLogProps {
  filter: LogFilter;
  search: LogSearch;
  change: (next: Partial<LogSearch>) => void;
}

/** The lines of one filter; another filter begins anew. */
function FilteredLog({ filter, search, change }: FilteredLogProps) {
  const query = useInfiniteQuery(logsQuery(filter));
  const newest = useNewestAtFirst(query.data?.pages[0]?.items);
  const { tail, change: changeTail, state, problem } = useLogTail(filter, newest);
  const [atTop, setAtTop] = useState(true);
  const fetched = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const entries = useMemo(() => joined(tail.shown, fetched), [tail.shown, fetched]);
  const keys = useMemo(() => entries.filter((entry) => !isGap(entry)).map((entry) => entry.id), [entries]);
  const selected = search.line === undefined ? undefined : String(search.line);
  const isHeld = search.paused === true || !atTop || selected !== undefined;

  useEffect(() => changeTail({ type: "hold", held: isHeld }), [isHeld, changeTail]);
  const select = (key: string | undefined) => change({ line: key === undefined ? undefined : Number(key) });
  useListKeys({ keys, selected, select });

  const found = entries.find((entry): entry is LogLine => !isGap(entry) && entry.id === selected);
  const panel = selected !== undefined && (
    <LinePanel id={selected} known={found} onClose={() => select(undefined)} onFilter={(next) => change({ ...next, line: undefined })} />
  );
  return (
    <Loaded query={query} loading={<Card><Skeleton lines={12} /></Card>}>
      {() => (
        <WithPanel panel={panel}>
          <Card flush>
            <TailStatus
              state={state}
              isPaused={search.paused === true}
              waiting={tail.waiting}
              onRelease={() => {
                changeTail({ type: "release" });
                setAtTop(true);
              }}
            />
            {problem && <div className="p-4"><ErrorState error={problem} onRetry={() => void query.refetch()} /></div>}
            {entries.length === 0 ? (
              <NoLines filter={filter} onClear={() => change({ level: undefined, q: undefined, event: undefined, request: undefined, trace: undefined })} />
            ) : (
              <LogList
                entries={entries}
                selected={selected}
                onSelect={select}
                atTop={atTop}
                onAtTop={setAtTop}
                older={query}
              />
            )}
          </Card>
        </WithPanel>
      )}
    </Loaded>
  );
}

/** The newest line of the first answer: the stream goes on after it, whatever is fetched later. */
function useNewestAtFirst(items: readonly LogLine[] | undefined): string | null | undefined {
  const [newest, setNewest] = useState<string | null>();
  useEffect(() => {
    if (items !== undefined) setNewest((before) => (before === undefined ? (items[0]?.id ?? null) : before));
  }, [items]);
  return newest;
}

function NoLines({ filter, onClear }: { filter: LogFilter; onClear: () => void }) {
  const isFiltered = Object.entries(filter).some(([name, value]) => name !== "own" && value !== undefined);
  if (!isFiltered) {
    return (
      <EmptyState icon={ScrollText} title="No line yet">
        Lines appear here as soon as the engine works for your tenant: run a prompt, or add a document.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={ScrollText} title="No line matches" action={<Button onClick={onClear}>Clear the filters</Button>}>
      Lines that match appear here as they are written. The engine keeps the last 24 to 32 MB.
    </EmptyState>
  );
}
