/** What the Ask page asks besides the answer itself. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client";

/** References to strategies, as a question can name them: `strict`, `strict@production`. */
export function strategiesQuery(namespace: string) {
  return queryOptions({
    queryKey: ["artifacts", "rag_strategy", namespace],
    queryFn: async ({ signal }) => {
      const params = { path: { kind: "rag_strategy" }, query: { namespace, limit: 100 } };
      const { items } = await call(api.GET("/api/v1/artifacts/{kind}", { params, signal }));
      return items.flatMap(({ name, labels }) => [name, ...Object.keys(labels).map((label) => `${name}@${label}`)]);
    },
    staleTime: 60_000,
  });
}
