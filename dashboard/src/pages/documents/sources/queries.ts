/** What the sources of a collection ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../../api/client";
import { isUnderWay } from "./words";

export type Source = Schema<"Source">;
export type SourceRun = Schema<"SourceRun">;
export type SourceKind = Schema<"SourceKind">;
export type SourceItem = Schema<"SourceItem">;
export type NewSource = Schema<"NewSource">;
export type SourceChange = Schema<"SourceChange">;

/** How often a reading that goes on is looked at, and a list in which one may begin by itself. */
const LIVE_MS = 1_000;
const SCHEDULED_MS = 5_000;

function lookAgain(sources: readonly Source[]): number | false {
  if (sources.some((one) => isUnderWay(one.last_run))) return LIVE_MS;
  return sources.some((one) => one.due_at !== null) ? SCHEDULED_MS : false;
}

export const sourceKindsQuery = queryOptions({
  queryKey: ["source kinds"],
  queryFn: async ({ signal }) => (await call(api.GET("/api/v1/source-kinds", { signal }))).items,
  staleTime: 60_000,
});

export function sourcesQuery(namespace: string, collection: string) {
  return infiniteQueryOptions({
    queryKey: ["sources", "list", namespace, collection],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/sources", {
          params: { path: { collection }, query: { namespace, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data } }) => lookAgain(data?.pages.flatMap((page) => page.items) ?? []),
  });
}

export function sourceQuery(sourceId: string) {
  return queryOptions({
    queryKey: ["sources", "one", sourceId],
    queryFn: ({ signal }) => call(api.GET("/api/v1/sources/{source_id}", { params: { path: { source_id: sourceId } }, signal })),
    refetchInterval: ({ state: { data } }) => lookAgain(data ? [data] : []),
  });
}

/** What the last readings of a source could not read, with the reasons; asked again when a run counts another one. */
export function failuresQuery({ id, last_run }: Source) {
  return infiniteQueryOptions({
    queryKey: ["sources", "failures", id, last_run?.id, last_run?.failed, last_run?.ended_at],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/sources/{source_id}/items", {
          params: { path: { source_id: id }, query: { outcome: "failed", limit: 20, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function runsQuery({ id, last_run }: Source) {
  return infiniteQueryOptions({
    queryKey: ["sources", "runs", id, last_run?.id, last_run?.state],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/sources/{source_id}/runs", {
          params: { path: { source_id: id }, query: { limit: 10, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function createSource(namespace: string, collection: string, body: NewSource): Promise<Source> {
  return call(api.POST("/api/v1/collections/{collection}/sources", { params: { path: { collection }, query: { namespace } }, body }));
}

export function changeSource(id: string, body: SourceChange): Promise<Source> {
  return call(api.PATCH("/api/v1/sources/{source_id}", { params: { path: { source_id: id } }, body }));
}

export function readSource(id: string): Promise<SourceRun> {
  return call(api.POST("/api/v1/sources/{source_id}/runs", { params: { path: { source_id: id } } }));
}

export function stopReading(run: SourceRun): Promise<Schema<"Job">> {
  return call(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: run.job_id } } }));
}

export function removeSource(id: string, documents: boolean): Promise<Schema<"SourceRemoved">> {
  return call(api.DELETE("/api/v1/sources/{source_id}", { params: { path: { source_id: id }, query: { documents } } }));
}
