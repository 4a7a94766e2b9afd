/** What the prompt pages ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import type { Values } from "../../components/schema/fields";
import { choiceOf } from "../versions/choice";

export interface PromptFilter {
  namespace: string;
  text?: string | undefined;
  tag?: string | undefined;
  label?: string | undefined;
}

const PAGE = 100;

export function promptsQuery({ namespace, text, tag, label }: PromptFilter) {
  return infiniteQueryOptions({
    queryKey: ["prompts", namespace, "list", { text, tag, label }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/prompts", {
          params: {
            query: {
              namespace, text: text ?? "", tag: tag ?? null, label: label ?? null, limit: PAGE, cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** One version with its body; a choice is "3", "production" or nothing for the latest. */
export function promptQuery(namespace: string, name: string, choice: string | undefined) {
  return queryOptions({
    queryKey: ["prompts", namespace, "one", name, choice ?? "latest"],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/prompts/{name}", {
          params: { path: { name }, query: { namespace, ...choiceOf(choice) } },
          signal,
        }),
      ),
  });
}

export function impactQuery(namespace: string, name: string) {
  return infiniteQueryOptions({
    queryKey: ["prompts", namespace, "impact", name],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/prompts/{name}/impact", {
          params: { path: { name }, query: { namespace, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** What the engine says to a body; `pinned` are the versions of what it includes, else what their labels mean now. */
export function checkQuery(namespace: string, body: Schema<"PromptBody">, variables: Values, pinned: Record<string, number> = {}) {
  return queryOptions({
    queryKey: ["prompt check", namespace, body, variables, pinned],
    queryFn: ({ signal }) =>
      call(
        api.POST("/api/v1/prompts/check", { params: { query: { namespace } }, body: { body, variables, pinned }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
}

export function executionQuery(id: string) {
  return queryOptions({
    queryKey: ["executions", "one", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: id } }, signal })),
  });
}
