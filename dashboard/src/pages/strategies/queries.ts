/** What the pages of strategies ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { type Schema, api, call } from "../../api/client";
import type { Body } from "./options";

export type Summary = Schema<"mcp_engine__artifacts__schemas__ArtifactView">;
export type AnswerPreview = Schema<"AnswerPreview">;

const KIND = "rag_strategy";

export function strategyListQuery(namespace: string) {
  return infiniteQueryOptions({
    queryKey: ["artifacts", KIND, namespace, "list"],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/artifacts/{kind}", {
          params: { path: { kind: KIND }, query: { namespace, limit: 100, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** A version with its body: `NAME`, `NAME/3` or `NAME@label`. */
export function versionQuery(namespace: string, reference: string) {
  const [, name = reference, version, label] = /^([^/@]+)(?:\/(\d+)|@(.+))?$/.exec(reference) ?? [];
  return queryOptions({
    queryKey: ["artifacts", KIND, namespace, "version", reference],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/artifacts/{kind}/{name}", {
          params: {
            path: { kind: KIND, name },
            query: { namespace, version: version === undefined ? null : Number(version), label: label ?? null },
          },
          signal,
        }),
      ),
  });
}

/** Return a body for reading, as the API's diff writes it. */
export function bodyText(body: unknown): string {
  return JSON.stringify(body, null, 2);
}

export function answerPreviewQuery(namespace: string, collection: string, question: string, body: Body) {
  return queryOptions({
    queryKey: ["preview", "answer", namespace, collection, question, body],
    queryFn: ({ signal }) =>
      call(
        api.POST("/api/v1/collections/{collection}/preview/answer", {
          params: { path: { collection }, query: { namespace } },
          body: { question, strategy: body },
          signal,
        }),
      ),
    enabled: collection !== "" && question !== "",
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
}

export function chunksPreviewQuery(namespace: string, collection: string, documentId: string, chunking: Body["chunking"]) {
  return queryOptions({
    queryKey: ["preview", "chunks", namespace, collection, documentId, chunking],
    queryFn: ({ signal }) =>
      call(
        api.POST("/api/v1/collections/{collection}/preview/chunks", {
          params: { path: { collection }, query: { namespace } },
          body: { document_id: documentId, chunking, first: 0, limit: 100 },
          signal,
        }),
      ),
    enabled: collection !== "" && documentId !== "",
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
}

/** Push the next version and return it. */
export async function pushStrategy(client: QueryClient, namespace: string, name: string, body: Body, message: string, after: number) {
  const pushed = await call(
    api.POST("/api/v1/artifacts/{kind}/{name}", {
      params: { path: { kind: KIND, name }, query: { namespace } },
      body: { body: body as Record<string, unknown>, message, labels: [], after },
    }),
  );
  await client.invalidateQueries({ queryKey: ["artifacts", KIND, namespace] });
  return pushed;
}
