import { useInfiniteQuery } from "@tanstack/react-query";
import { FileStack, FileSearch } from "lucide-react";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { AddFilesButtons } from "./AddFiles";
import { type DocumentAction, DocumentTable } from "./DocumentTable";
import type { NamedFile } from "./files";
import { type Document, documentsQuery } from "./queries";
import type { CollectionSearch } from "./routes";

interface DocumentListProps {
  namespace: string;
  collection: string;
  /** Undefined until it is known. */
  exists: boolean | undefined;
  search: CollectionSearch;
  mayWrite: boolean;
  onOpen: (document: Document) => void;
  onAction: (action: DocumentAction, document: Document) => void;
  onFiles: (files: NamedFile[]) => void;
}

/** The documents of a collection, as narrowed by the URL; a collection that does not exist yet asks for its first. */
export function DocumentList({ namespace, collection, exists, search, mayWrite, onOpen, onAction, onFiles }: DocumentListProps) {
  const { name, state, removed, document } = search;
  const query = useInfiniteQuery({
    ...documentsQuery({ namespace, collection, name, state, removed }),
    enabled: exists === true,
  });
  const isNarrowed = Boolean(name || state);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];

  if (exists === undefined || (exists && query.isPending)) return <Skeleton lines={6} />;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (rows.length === 0) {
    return (
      <Card>
        {isNarrowed ? (
          <EmptyState icon={FileSearch} title="No document fits">
            Try another name or state.
          </EmptyState>
        ) : (
          <EmptyState
            icon={FileStack}
            title={!exists ? "A new collection" : "No documents here"}
            action={mayWrite && <AddFilesButtons onFiles={onFiles} />}
          >
            Drop PDFs, Word, Excel or PowerPoint files, CSV, web pages, EPUB books, e-mails (EML), Markdown, text or source code
            anywhere on this page, or choose them. They can be searched and asked as soon as they are indexed. Or say under Sources where
            the engine finds them.
          </EmptyState>
        )}
      </Card>
    );
  }
  return (
    <Card flush>
      <DocumentTable rows={rows} selected={document} onOpen={onOpen} onAction={onAction} mayWrite={mayWrite} />
      <LoadMore query={query} />
    </Card>
  );
}
