/** What the log page asks of the engine. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client";
import { type LogFilter, parametersOf } from "./search";

export const PAGE_LINES = 200;

/** Lines of the past, the newest first. Never fetched again by itself: what is new comes by the stream. */
export function logsQuery(filter: LogFilter) {
  return infiniteQueryOptions({
    queryKey: ["logs", filter],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/logs", {
          params: { query: { ...parametersOf(filter), limit: PAGE_LINES, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** The executions that ran in a trace. */
export function executionsOfTraceQuery(trace: string) {
  return queryOptions({
    queryKey: ["executions", "of-trace", trace],
    queryFn: async ({ signal }) => {
      const query = { trace_id: trace, limit: 10 };
      return (await call(api.GET("/api/v1/executions", { params: { query }, signal }))).items;
    },
  });
}
