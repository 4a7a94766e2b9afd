import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { announce } from "../../components/Live";
import type { Document, Version } from "./queries";
import { hasUnreadPages } from "./unread";

interface Read {
  removed: Document["removed"];
  latest: Pick<Version, "state" | "unread_pages" | "erased">;
}

/** Whether the latest version was not indexed, so that reading it again may help. */
export function isRetryable({ removed, latest }: Read): boolean {
  return !removed && !latest.erased && (latest.state === "failed" || latest.state === "cancelled");
}

/** Whether the latest version can be read again: it was not indexed, or not all of its pages were read. */
export function isReadable(document: Read): boolean {
  return isRetryable(document) || (!document.latest.erased && hasUnreadPages(document));
}

/** Return what has a document read again, and says why where that is refused. */
export function useReadAgain(): (documentId: string) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    async (documentId) => {
      try {
        await call(api.POST("/api/v1/documents/{document_id}/retry", { params: { path: { document_id: documentId } } }));
        await Promise.all([["documents"], ["document", documentId]].map((queryKey) => client.invalidateQueries({ queryKey })));
      } catch (error) {
        announce(asProblem(error).message, "bad");
      }
    },
    [client],
  );
}
