/** What the engine found out about a collection's documents by itself: duplicates, and answers that lost their support. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../api/client";

export type DuplicateGroup = Schema<"DuplicateGroup">;
export type DuplicateDocument = Schema<"DuplicateDocument">;
export type UnsupportedAnswer = Schema<"UnsupportedAnswer">;
export type CitationSupport = Schema<"CitationSupport">;
export type Standing = CitationSupport["standing"];
/** Which of the two lists is open. */
export type Finding = "duplicates" | "answers";

export const FINDINGS: readonly Finding[] = ["duplicates", "answers"];
export const STANDINGS: readonly Standing[] = ["gone", "nearly", "verbatim"];
/** Answers are looked at again some time after a document changed. */
const LOOK_EVERY_MS = 5_000;

// Under the key of the documents, so that whatever changes those asks for these again.
export function duplicatesQuery(namespace: string, collection: string) {
  return infiniteQueryOptions({
    queryKey: ["documents", namespace, collection, "duplicates"],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/duplicates", {
          params: { path: { collection }, query: { namespace, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function answersQuery(namespace: string, collection: string, standing: Standing) {
  return infiniteQueryOptions({
    queryKey: ["documents", namespace, collection, "answers", standing],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/unsupported-answers", {
          params: { path: { collection }, query: { namespace, standing, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LOOK_EVERY_MS,
  });
}
