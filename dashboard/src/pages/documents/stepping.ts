/** J and K through what a collection's page lists: its documents, or the passages that a search found. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useListKeys } from "../../components/keys";
import { documentsQuery, passageKey, searchQuery } from "./queries";
import type { CollectionSearch } from "./routes";

const CLOSED = { document: undefined, version: undefined, page: undefined, start: undefined, end: undefined, view: undefined };

export function useStepping(
  search: CollectionSearch,
  namespace: string,
  collection: string,
  exists: boolean,
  change: (next: Partial<CollectionSearch>, replace?: boolean) => void,
): void {
  const { q, name, state, removed, document, version, start } = search;
  const listed = useInfiniteQuery({ ...documentsQuery({ namespace, collection, name, state, removed }), enabled: exists && !q });
  const found = useQuery({ ...searchQuery(namespace, collection, q ?? ""), enabled: exists && Boolean(q) });
  const passages = new Map((q ? (found.data ?? []) : []).map((passage) => [passageKey(passage), passage]));
  const documents = q ? [] : (listed.data?.pages.flatMap((page) => page.items) ?? []);

  useListKeys({
    keys: q ? [...passages.keys()] : documents.map((one) => one.id),
    selected: document && q ? `${document}/${version}:${start}` : document,
    select: (key) => {
      const passage = key === undefined ? undefined : passages.get(key);
      if (passage) {
        const { version: cited, start: from, end } = passage;
        change({ ...CLOSED, document: cited.document_id, version: cited.number, start: from, end }, true);
      } else change({ ...CLOSED, document: key }, true);
    },
  });
}
