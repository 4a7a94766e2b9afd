/** What the Ask page asks besides the answer itself. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client";
import { type Asked, type Expected, placeIn } from "./explained";

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

/** What became of a passage that somebody expected. */
export function whyQuery({ namespace, collection, ...asked }: Asked, expected: Expected) {
  const body = { ...asked, ...placeIn(expected) };
  return queryOptions({
    queryKey: ["why", namespace, collection, body],
    queryFn: ({ signal }) => {
      const params = { path: { collection }, query: { namespace } };
      return call(api.POST("/api/v1/collections/{collection}/why", { params, body, signal }));
    },
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
}
