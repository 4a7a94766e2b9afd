/** What the pages of documents ask of the engine. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Schema, api, call, send } from "../../api/client";

export type Collection = Schema<"Collection">;
export type Document = Schema<"Document">;
export type Version = Schema<"Version">;
export type Readers = Schema<"Readers">;
export type Passage = Schema<"Passage">;
export type IndexingState = Version["state"];

export const STATES: readonly IndexingState[] = ["indexed", "running", "queued", "failed", "cancelled"];

export function collectionsQuery(namespace: string) {
  return queryOptions({
    queryKey: ["collections", namespace],
    queryFn: async ({ signal }) => {
      const found: Collection[] = [];
      let cursor: string | null = null;
      do {
        const query: { namespace: string; limit: number; cursor: string | null } = { namespace, limit: 200, cursor };
        const page: Schema<"Page_Collection_"> = await call(api.GET("/api/v1/collections", { params: { query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor ?? null;
      } while (cursor !== null);
      return found;
    },
  });
}

/** The collections in which something may be found: one may have sources only, that brought nothing yet. */
export function filledCollectionsQuery(namespace: string) {
  return queryOptions({
    ...collectionsQuery(namespace),
    select: (found: Collection[]) => found.filter(({ documents }) => documents > 0),
  });
}

export interface DocumentsFilter {
  namespace: string;
  collection: string;
  name?: string | undefined;
  state?: IndexingState | undefined;
  removed?: boolean | undefined;
}

export function documentsQuery({ namespace, collection, name, state, removed }: DocumentsFilter) {
  return infiniteQueryOptions({
    queryKey: ["documents", namespace, collection, { name, state, removed }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/collections/{collection}/documents", {
          params: {
            path: { collection },
            query: { namespace, name: name ?? null, state: state ?? null, removed: removed ?? false, limit: 200, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.items.some((document) => isUnfinished(document.latest.state))) ? 3_000 : false,
  });
}

/** The documents of a collection that wait for their indexing or are in it; asked again until there are none. */
export function unfinishedQuery(namespace: string, collection: string) {
  return queryOptions({
    queryKey: ["documents", namespace, collection, "unfinished"],
    queryFn: async ({ signal }) => {
      const lists = (["running", "queued"] as const).map((state) =>
        call(
          api.GET("/api/v1/collections/{collection}/documents", {
            params: { path: { collection }, query: { namespace, state, limit: 200 } },
            signal,
          }),
        ),
      );
      return (await Promise.all(lists)).flatMap((page) => page.items);
    },
    refetchInterval: (query) => (query.state.data?.length ? 3_000 : false),
  });
}

export function documentQuery(documentId: string) {
  return queryOptions({
    queryKey: ["document", documentId],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/documents/{document_id}", { params: { path: { document_id: documentId } }, signal })),
    refetchInterval: (query) => (isUnfinished(query.state.data?.latest.state) ? 3_000 : false),
  });
}

/** Who may read a document. */
export function readersQuery(documentId: string) {
  return queryOptions({
    queryKey: ["document", documentId, "readers"],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/documents/{document_id}/readers", { params: { path: { document_id: documentId } }, signal })),
  });
}

export function isUnfinished(state: IndexingState | undefined): boolean {
  return state === "queued" || state === "running";
}

export function searchQuery(namespace: string, collection: string, query: string) {
  return queryOptions({
    queryKey: ["search", namespace, collection, query],
    queryFn: async ({ signal }) => {
      const { passages } = await call(
        api.POST("/api/v1/collections/{collection}/search", {
          params: { path: { collection }, query: { namespace } },
          body: { query, limit: 20 },
          signal,
        }),
      );
      return passages;
    },
    staleTime: 30_000,
  });
}

/** The name of a passage in lists: its version and where it begins. */
export function passageKey({ version, start }: Pick<Passage, "version" | "start">): string {
  return `${version.document_id}/${version.number}:${start}`;
}

/** Save the bytes of a version under the document's own file name. */
export async function downloadOriginal(document: Pick<Document, "id" | "name">, number: number): Promise<void> {
  const path = `/api/v1/documents/${document.id}/versions/${number}/original`;
  const answer = await send(new Request(new URL(path, window.location.origin)));
  saveAs(await answer.blob(), document.name.split("/").at(-1) ?? document.name);
}

/** Hand a blob to the browser's downloads. */
export function saveAs(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = window.document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download reads the URL after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
