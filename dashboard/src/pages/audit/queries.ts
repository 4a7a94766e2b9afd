/** What the audit page asks of the engine. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import type { AuditFilters } from "./search";

export type Entry = Schema<"EntryView">;
export type LogState = Schema<"LogState">;

const LOOK_MS = 5_000;
const WAITING_MS = 1_000;

export function entriesQuery(filters: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ["audit", "entries", filters],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/audit/entries", {
          params: {
            query: {
              kind: filters.kind ?? null,
              subject: filters.subject ?? null,
              actor: filters.actor ?? null,
              since: filters.since ?? null,
              until: filters.until ?? null,
              limit: 100,
              cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function entryQuery(id: string) {
  return queryOptions({
    queryKey: ["audit", "entry", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/audit/entries/{entry_id}", { params: { path: { entry_id: id } }, signal })),
    // It never changes once it has its number.
    refetchInterval: (query) => (query.state.data && query.state.data.seq !== null ? false : WAITING_MS),
  });
}

export const stateQuery = queryOptions({
  queryKey: ["audit", "state"],
  queryFn: ({ signal }) => call(api.GET("/api/v1/audit/state", { signal })),
  refetchInterval: LOOK_MS,
});

export const keyQuery = queryOptions({
  queryKey: ["audit", "key"],
  queryFn: async ({ signal }) => (await call(api.GET("/api/v1/audit/key", { signal }))).vkey,
  staleTime: Number.POSITIVE_INFINITY,
});
