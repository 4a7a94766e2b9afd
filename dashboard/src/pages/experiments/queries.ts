/** What the experiment pages ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type Summary = Schema<"ExperimentSummary">;
export type Detail = Schema<"ExperimentDetail">;
export type Analysis = Schema<"Analysis">;
export type Comparison = Schema<"ComparisonView">;
export type State = Summary["state"];

const PAGE = 100;
const REFRESH_MS = 5_000;
const LIST_REFRESH_MS = 30_000;

export function experimentsQuery(namespace: string, artifact: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["experiments", namespace, "list", artifact],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/experiments", {
          params: { query: { namespace, artifact: artifact ?? null, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: LIST_REFRESH_MS,
  });
}

export function experimentQuery(namespace: string, name: string) {
  return queryOptions({
    queryKey: ["experiments", namespace, "one", name],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/experiments/{name}", { params: { path: { name }, query: { namespace } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? REFRESH_MS : false),
  });
}

/** What may be concluded now; asked again and again while the experiment runs, which costs no error. */
export function analysisQuery(namespace: string, name: string, isRunning: boolean, everyMs = REFRESH_MS) {
  return queryOptions({
    queryKey: ["experiments", namespace, "analysis", name],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/experiments/{name}/analysis", { params: { path: { name }, query: { namespace } }, signal })),
    // Feedback may come late: what has ended is asked again too when somebody comes back to it.
    refetchInterval: isRunning ? everyMs : false,
  });
}

export async function createExperiment(client: QueryClient, namespace: string, body: Schema<"NewExperiment">): Promise<Detail> {
  const made = await call(api.POST("/api/v1/experiments", { params: { query: { namespace } }, body }));
  await refresh(client, namespace);
  return made;
}

export async function startExperiment(client: QueryClient, namespace: string, name: string): Promise<void> {
  await call(api.POST("/api/v1/experiments/{name}/start", { params: { path: { name }, query: { namespace } } }));
  await refresh(client, namespace);
}

export async function stopExperiment(client: QueryClient, namespace: string, name: string, reason: string): Promise<void> {
  await call(
    api.POST("/api/v1/experiments/{name}/stop", { params: { path: { name }, query: { namespace } }, body: { reason } }),
  );
  await refresh(client, namespace);
}

export async function promoteArm(client: QueryClient, namespace: string, name: string, arm: string, reason: string): Promise<void> {
  await call(
    api.POST("/api/v1/experiments/{name}/promote", {
      params: { path: { name }, query: { namespace } },
      body: { arm, reason },
    }),
  );
  await refresh(client, namespace);
  await client.invalidateQueries({ queryKey: ["prompts", namespace] });
}

function refresh(client: QueryClient, namespace: string): Promise<void> {
  return client.invalidateQueries({ queryKey: ["experiments", namespace] });
}
