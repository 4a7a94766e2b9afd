/** Answers in doubt, and what people say of them. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../../api/client";
import type { Kept } from "../../datasets/PushRows";

export type DoubtfulAnswer = Schema<"DoubtfulAnswer">;
export type Doubt = DoubtfulAnswer["doubts"][number];
export type GiveAnswerLabel = Schema<"GiveAnswerLabel">;
export type Verdict = GiveAnswerLabel["verdict"];

export const DOUBTS: readonly Doubt[] = ["unsupported", "conflicting", "low_confidence", "partly_supported", "lost_support", "disliked"];

export function doubtsQuery(namespace: string, collection: string, doubt: Doubt | undefined, labelled: boolean) {
  return infiniteQueryOptions({
    queryKey: ["doubts", "list", namespace, collection, doubt, labelled],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/doubtful-answers", {
          params: { path: { collection }, query: { namespace, doubt: doubt ?? null, labelled, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function doubtQuery(namespace: string, collection: string, executionId: string) {
  return queryOptions({
    queryKey: ["doubts", "one", namespace, collection, executionId],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/doubtful-answers/{execution_id}", {
          params: { path: { collection, execution_id: executionId }, query: { namespace } },
          signal,
        }),
      ),
  });
}

export function giveLabel(namespace: string, collection: string, executionId: string, body: GiveAnswerLabel) {
  return call(
    api.POST("/api/v1/collections/{collection}/doubtful-answers/{execution_id}/labels", {
      params: { path: { collection, execution_id: executionId }, query: { namespace } },
      body,
    }),
  );
}

export function pushLabels(namespace: string, collection: string, name: string, kept: Kept) {
  return call(
    api.POST("/api/v1/collections/{collection}/answer-labels/dataset", {
      params: { path: { collection }, query: { namespace } },
      body: { name, ...kept, message: "", labels: [], shares: {}, seed: 0 },
    }),
  );
}
