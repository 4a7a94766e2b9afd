/** Drafted questions, and what people say of them. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../../api/client";
import type { Kept } from "../../datasets/PushRows";
import { isUnfinished } from "../../evaluations/queries";

export type QuestionDraft = Schema<"QuestionDraft">;
export type DraftedQuestion = Schema<"DraftedQuestion">;
export type QuestionState = DraftedQuestion["state"];

export const QUESTION_STATES: readonly QuestionState[] = ["open", "unusable", "accepted", "rejected", "waiting"];
const LOOK_MS = 2_000;

export function draftsQuery(namespace: string, collection: string) {
  return infiniteQueryOptions({
    queryKey: ["question-drafts", "list", namespace, collection],
    queryFn: ({ pageParam, signal }) =>
      call(api.GET("/api/v1/question-drafts", { params: { query: { namespace, collection, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data } }) => (data?.pages.some((page) => page.items.some(isUnfinished)) ? LOOK_MS : false),
  });
}

/** The questions of a draft; `done` of it are worded, which brings new ones. */
export function questionsQuery(draft: string, state: QuestionState, done: number) {
  return infiniteQueryOptions({
    queryKey: ["question-drafts", "questions", draft, state, done],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/question-drafts/{draft_id}/questions", {
          params: { path: { draft_id: draft }, query: { state, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function startDraft(namespace: string, body: Schema<"StartDraft">) {
  return call(api.POST("/api/v1/question-drafts", { params: { query: { namespace } }, body }));
}

export function judgeQuestion({ draft_id, position }: DraftedQuestion, body: Schema<"GiveVerdict">) {
  return call(api.POST("/api/v1/question-drafts/{draft_id}/questions/{position}/verdicts", { params: { path: { draft_id, position } }, body }));
}

export function pushDraft(draft: string, name: string, kept: Kept) {
  return call(
    api.POST("/api/v1/question-drafts/{draft_id}/dataset", {
      params: { path: { draft_id: draft } },
      body: { name, ...kept, message: "", labels: [], shares: {}, seed: 0 },
    }),
  );
}
