/** What the metrics page asks of the engine. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import { type Range, refreshOf, startOf } from "./search";

export type History = Schema<"MetricsHistory">;
export type Metric = Schema<"Metric">;
export type MetricName = Metric["metric"];

export function historyQuery(range: Range, route: string | undefined) {
  return queryOptions({
    queryKey: ["metrics", "history", range, route],
    queryFn: ({ signal }) => {
      const query = { since: startOf(range, Date.now()), route: route ?? null };
      return call(api.GET("/api/v1/metrics/history", { params: { query }, signal }));
    },
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}

export function routesQuery(range: Range) {
  return queryOptions({
    queryKey: ["metrics", "routes", range],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/metrics/routes", { params: { query: { since: startOf(range, Date.now()) } }, signal })),
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}
