/** What the dataset pages ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import { choiceOf } from "./search";

export type Summary = Schema<"DatasetSummary">;
export type Detail = Schema<"DatasetDetail">;
export type Version = Pick<Schema<"VersionView">, "number" | "labels" | "message" | "author_id" | "created_at" | "digest">;
export type Row = Schema<"DatasetRowView">;
export type Pushed = Schema<"DatasetPushed">;

/** The split that only gates read, and the one of rows that name none. */
export const SEALED = "sealed";
export const OPEN = "open";
const PAGE = 100;

export function datasetsQuery(namespace: string, text: string | undefined, tag: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["datasets", namespace, "list", { text, tag }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/datasets", {
          params: { query: { namespace, text: text ?? "", tag: tag ?? null, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** One version; a choice is "3", "current" or nothing for the latest. */
export function datasetQuery(namespace: string, name: string, choice: string | undefined) {
  return queryOptions({
    queryKey: ["datasets", namespace, "one", name, choice ?? "latest"],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/datasets/{name}", {
          params: { path: { name }, query: { namespace, ...choiceOf(choice) } },
          signal,
        }),
      ),
    placeholderData: (before) => (before?.name === name ? before : undefined),
  });
}

/** Return a dataset whose next version should keep its description and tags; undefined where there is none. */
export async function datasetNamed(namespace: string, name: string): Promise<Summary | undefined> {
  const query = { namespace, prefix: name, limit: 200 };
  const { items } = await call(api.GET("/api/v1/datasets", { params: { query } }));
  return items.find((one) => one.name === name);
}

export function versionsQuery(namespace: string, name: string) {
  return infiniteQueryOptions({
    queryKey: ["datasets", namespace, "versions", name],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/datasets/{name}/versions", {
          params: { path: { name }, query: { namespace, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The rows of one split of a version, which never change but by erasure. */
export function rowsQuery(namespace: string, name: string, version: number, split: string) {
  return infiniteQueryOptions({
    queryKey: ["datasets", namespace, "rows", name, version, split],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/datasets/{name}/rows", {
          params: { path: { name }, query: { namespace, version, split, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function eraseRow(namespace: string, name: string, digest: string, reason: string) {
  return call(
    api.DELETE("/api/v1/datasets/{name}/rows/{digest}/content", {
      params: { path: { name, digest }, query: { namespace, reason } },
    }),
  );
}

export function moveLabel(namespace: string, name: string, label: string, version: number, reason: string) {
  return call(
    api.PUT("/api/v1/datasets/{name}/labels/{label}", {
      params: { path: { name, label }, query: { namespace } },
      body: { version, reason, override: false },
    }),
  );
}
