/** What the pages of sweeps ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../../api/client";
import { isUnfinished } from "../../evaluations/queries";

export type Sweep = Schema<"Sweep">;
export type SweepDetail = Schema<"SweepDetail">;
export type Combination = Schema<"Combination">;
export type RiskCoverage = Schema<"RiskCoverage">;
export type Fitted = Schema<"FittedCalibration">;

const LOOK_MS = 3_000;

export function sweepsQuery(namespace: string) {
  return infiniteQueryOptions({
    queryKey: ["sweeps", "list", namespace],
    queryFn: ({ pageParam, signal }) =>
      call(api.GET("/api/v1/strategy-sweeps", { params: { query: { namespace, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data } }) => (data?.pages.some((page) => page.items.some(isUnfinished)) ? LOOK_MS : false),
  });
}

export function sweepQuery(id: string, metric: string | undefined) {
  return queryOptions({
    queryKey: ["sweeps", "one", id, metric],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/strategy-sweeps/{sweep_id}", {
          params: { path: { sweep_id: id }, query: { metric: metric ?? null } },
          signal,
        }),
      ),
    refetchInterval: ({ state: { data } }) => (data && isUnfinished(data) ? LOOK_MS : false),
    placeholderData: keepPreviousData,
  });
}

export function riskQuery(id: string, position: number) {
  return queryOptions({
    queryKey: ["sweeps", "risk", id, position],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/strategy-sweeps/{sweep_id}/combinations/{position}/risk-coverage", {
          params: { path: { sweep_id: id, position } },
          signal,
        }),
      ),
    // What is evaluated never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function startSweep(namespace: string, body: Schema<"StartSweep">) {
  return call(api.POST("/api/v1/strategy-sweeps", { params: { query: { namespace } }, body }));
}
