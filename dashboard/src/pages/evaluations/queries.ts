/** What the evaluation pages ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type Evaluation = Schema<"Evaluation">;
export type Metric = Schema<"EvaluationMetric">;
export type Item = Schema<"EvaluationItem">;
export type Comparison = Schema<"Comparison">;
export type Difference = Schema<"Difference">;
export type ComparedRow = Schema<"ComparedRow">;
export type ComparedOutput = Schema<"ComparedOutput">;
export type ScorerType = Schema<"ScorerTypeView">;

const PAGE = 50;
const LOOK_MS = 3_000;

export interface EvaluationFilter {
  namespace: string;
  name?: string | undefined;
  number?: number | undefined;
  dataset?: string | undefined;
}

export function isUnfinished({ state }: Pick<Evaluation, "state">): boolean {
  return state === "queued" || state === "running";
}

export function evaluationsQuery({ namespace, name, number, dataset }: EvaluationFilter) {
  return infiniteQueryOptions({
    queryKey: ["evaluations", "list", namespace, { name, number, dataset }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/evaluations", {
          params: {
            query: { namespace, name: name ?? null, number: number ?? null, dataset: dataset ?? null, limit: PAGE, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.pages.some((page) => page.items.some(isUnfinished)) ? LOOK_MS : false),
  });
}

export function evaluationQuery(id: string) {
  return queryOptions({
    queryKey: ["evaluations", "one", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/evaluations/{evaluation_id}", { params: { path: { evaluation_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && isUnfinished(data) ? LOOK_MS : false),
  });
}

export function itemsQuery(id: string, failed: boolean) {
  return infiniteQueryOptions({
    queryKey: ["evaluations", "rows", id, failed],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/evaluations/{evaluation_id}/rows", {
          params: { path: { evaluation_id: id }, query: { failed, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function comparisonQuery(ids: readonly string[]) {
  return queryOptions({
    queryKey: ["evaluations", "comparison", ids],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/evaluations/comparison", { params: { query: { evaluation: [...ids] } }, signal })),
    // What has ended never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function comparedRowsQuery(ids: readonly string[], scorer: string, changed: boolean) {
  return infiniteQueryOptions({
    queryKey: ["evaluations", "compared rows", ids, scorer, changed],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/evaluations/comparison/rows", {
          params: { query: { evaluation: [...ids], scorer, changed, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The type of scorers that compare two answers, and score none. */
export const PAIR_JUDGE = "pair_judge";

export const scorerTypesQuery = queryOptions({
  queryKey: ["scorer types"],
  queryFn: async ({ signal }) => (await call(api.GET("/api/v1/scorer-types", { signal }))).items,
  staleTime: 60_000,
});

export function scorersQuery(namespace: string) {
  return queryOptions({
    queryKey: ["scorers", namespace, "list"],
    queryFn: async ({ signal }) => {
      const params = { path: { kind: "scorer" }, query: { namespace, limit: 200 } };
      return (await call(api.GET("/api/v1/artifacts/{kind}", { params, signal }))).items;
    },
  });
}

export function scorerQuery(namespace: string, name: string) {
  return queryOptions({
    queryKey: ["scorers", namespace, "one", name],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/artifacts/{kind}/{name}", { params: { path: { kind: "scorer", name }, query: { namespace } }, signal })),
  });
}

export function pushScorer(namespace: string, name: string, body: Record<string, unknown>) {
  return call(
    api.POST("/api/v1/artifacts/{kind}/{name}", {
      params: { path: { kind: "scorer", name }, query: { namespace } },
      body: { body, message: "", labels: [] },
    }),
  );
}

export function startEvaluation(namespace: string, body: Schema<"StartEvaluation">) {
  return call(api.POST("/api/v1/evaluations", { params: { query: { namespace } }, body }));
}

export function cancelJob(id: string) {
  return call(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } }));
}

export function retryJob(id: string) {
  return call(api.POST("/api/v1/jobs/{job_id}/retry", { params: { path: { job_id: id } } }));
}
