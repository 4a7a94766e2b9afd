import { useInfiniteQuery } from "@tanstack/react-query";
import { LoadMore } from "../../../components/LoadMore";
import { ErrorState } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { runsQuery, type Source } from "./queries";
import { RunBadge } from "./RunState";
import { countWords } from "./words";

/** The readings before the last one. */
export function Runs({ source }: { source: Source }) {
  const query = useInfiniteQuery(runsQuery(source));
  const runs = (query.data?.pages.flatMap((page) => page.items) ?? []).filter((run) => run.id !== source.last_run?.id);
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (runs.length === 0) return null;
  return (
    <section aria-label="Earlier readings">
      <h3 className="mb-1.5 text-sm font-medium">Earlier readings</h3>
      <ul className="divide-y divide-line border-y border-line">
        {runs.map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1.5 text-sm">
            <RunBadge run={run} />
            <span className="min-w-32 grow basis-0 break-words">{run.state === "succeeded" ? countWords(run) : run.error_message}</span>
            <span className="text-xs text-muted">
              <TimeAgo at={run.created_at} />
            </span>
          </li>
        ))}
      </ul>
      <LoadMore query={query} />
    </section>
  );
}
