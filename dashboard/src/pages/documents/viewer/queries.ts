/** Pieces of a version: its pages, their images, the places of a span on them, and its text. */
import { queryOptions } from "@tanstack/react-query";
import { api, call, send } from "../../../api/client";
import type { Span } from "./codepoints";

export interface Place {
  documentId: string;
  number: number;
}

export function pagesQuery({ documentId, number }: Place) {
  return queryOptions({
    queryKey: ["pages", documentId, number],
    queryFn: async ({ signal }) => {
      const path = { document_id: documentId, number };
      return (await call(api.GET("/api/v1/documents/{document_id}/versions/{number}/pages", { params: { path }, signal }))).pages;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The image of a page, as a blob: the request carries the session, which an `<img>` could not. */
export function imageQuery({ documentId, number }: Place, page: number, width: number) {
  return queryOptions({
    queryKey: ["page-image", documentId, number, page, width],
    queryFn: async ({ signal }) => {
      const path = `/api/v1/documents/${documentId}/versions/${number}/pages/${page}/image?width=${width}`;
      return (await send(new Request(new URL(path, window.location.origin), { signal }))).blob();
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

export function highlightsQuery({ documentId, number }: Place, span: Span | undefined) {
  return queryOptions({
    queryKey: ["highlights", documentId, number, span?.start, span?.end],
    queryFn: async ({ signal }) => {
      if (span === undefined) return [];
      const params = { path: { document_id: documentId, number }, query: { start: span.start, end: span.end } };
      return (await call(api.GET("/api/v1/documents/{document_id}/versions/{number}/highlights", { params, signal }))).highlights;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function textQuery({ documentId, number }: Place, piece: Span) {
  return queryOptions({
    queryKey: ["text", documentId, number, piece.start, piece.end],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/documents/{document_id}/versions/{number}/text", {
          params: { path: { document_id: documentId, number }, query: { start: piece.start, end: piece.end } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
