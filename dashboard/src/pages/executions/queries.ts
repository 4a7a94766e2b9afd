/** What the execution pages ask of the engine. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import type { EngineQuery } from "./search";

export type Summary = Schema<"ExecutionSummary">;
export type Detail = Schema<"ExecutionDetail">;
export type Span = Schema<"SpanView">;
export type Feedback = Schema<"Feedback">;
export type ExecutionPage = Schema<"Page_ExecutionSummary_">;

export const PAGE = 100;
const LOOK_MS = 4_000;
const RUNNING_MS = 1_500;

export function executionsKey(query: EngineQuery) {
  return ["executions", "list", query] as const;
}

/** The list as it was when it was asked for: it only changes when the person says so. */
export function executionsQuery(query: EngineQuery) {
  return infiniteQueryOptions({
    queryKey: executionsKey(query),
    queryFn: ({ pageParam, signal }) =>
      call(api.GET("/api/v1/executions", { params: { query: { ...query, limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

/** The newest executions that fit, looked at again and again. */
export function newestQuery(query: EngineQuery, enabled: boolean) {
  return queryOptions({
    queryKey: ["executions", "newest", query],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/executions", { params: { query: { ...query, limit: PAGE } }, signal })),
    refetchInterval: LOOK_MS,
    enabled,
  });
}

export function countQuery(query: EngineQuery) {
  return queryOptions({
    queryKey: ["executions", "count", query],
    queryFn: ({ signal }) => call(api.GET("/api/v1/executions/count", { params: { query }, signal })),
    staleTime: 30_000,
  });
}

export function executionQuery(id: string) {
  return queryOptions({
    queryKey: ["executions", "one", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: id } }, signal })),
    // An end never changes; its spans come within seconds.
    refetchInterval: (query) => (query.state.data && isSettled(query.state.data) ? false : RUNNING_MS),
  });
}

function isSettled(detail: Detail): boolean {
  if (detail.ended_at === null) return false;
  return detail.trace_id === null || Date.now() - Date.parse(detail.ended_at) > 5_000;
}

export function stepsQuery(id: string) {
  return queryOptions({
    queryKey: ["executions", "steps", id],
    queryFn: async ({ signal }) => {
      const query = { parent_id: id, limit: 200 };
      return (await call(api.GET("/api/v1/executions", { params: { query }, signal }))).items;
    },
  });
}

export function feedbackQuery(id: string) {
  return queryOptions({
    queryKey: ["executions", "feedback", id],
    queryFn: async ({ signal }) => {
      const query = { execution_id: id, limit: 100 };
      return (await call(api.GET("/api/v1/feedback", { params: { query }, signal }))).items;
    },
  });
}

/** Names of people and machines by id; empty for who may not know them. */
export function principalsQuery(enabled: boolean) {
  return queryOptions({
    queryKey: ["principals", "names"],
    queryFn: async ({ signal }) => {
      const page = await call(api.GET("/api/v1/principals", { params: { query: { limit: 200 } }, signal }));
      return new Map(page.items.map((one) => [one.id, one.name]));
    },
    staleTime: 60_000,
    enabled,
  });
}

export function eraseContent(id: string, reason: string) {
  return call(
    api.DELETE("/api/v1/executions/{execution_id}/content", {
      params: { path: { execution_id: id }, query: { reason } },
    }),
  );
}
