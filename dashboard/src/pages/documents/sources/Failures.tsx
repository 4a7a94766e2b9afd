import { useInfiniteQuery } from "@tanstack/react-query";
import { LoadMore } from "../../../components/LoadMore";
import { ErrorState } from "../../../components/States";
import { failuresQuery, type Source } from "./queries";

/** What could not be read of a source, each with the reason; nothing while all could. */
export function Failures({ source, onOpenDocument }: { source: Source; onOpenDocument: (documentId: string) => void }) {
  const query = useInfiniteQuery(failuresQuery(source));
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (items.length === 0) return null;
  return (
    <section aria-label="Could not be read">
      <h3 className="text-sm font-medium">Could not be read</h3>
      <p className="mb-1.5 text-xs text-muted">These are tried again at each reading.</p>
      <ul className="divide-y divide-line rounded-md border border-line">
        {items.map(({ name, error_code, error_message, document_id }) => (
          <li key={name} className="flex flex-col gap-0.5 px-3 py-2 text-sm">
            <span className="font-medium break-all">{name}</span>
            <span className="break-words text-bad">{error_message}</span>
            <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
              <code className="font-mono">{error_code}</code>
              {document_id && (
                <button type="button" className="text-accent-ink hover:underline" onClick={() => onOpenDocument(document_id)}>
                  Open what was read of it before
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <LoadMore query={query} />
    </section>
  );
}
