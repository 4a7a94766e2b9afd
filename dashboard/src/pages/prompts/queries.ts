/** What the prompt pages ask of the engine. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client";

export interface PromptFilter {
  namespace: string;
  prefix?: string | undefined;
  tag?: string | undefined;
}

export function promptsQuery({ namespace, prefix, tag }: PromptFilter) {
  return infiniteQueryOptions({
    queryKey: ["prompts", namespace, { prefix, tag }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/prompts", {
          params: { query: { namespace, prefix: prefix ?? "", tag: tag ?? null, limit: 100, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
