import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNamespace } from "../../app/routes";
import { SelectField } from "../../components/Field";
import { formatCount, withoutPageBreaks } from "../../components/format";
import { EmptyState, Loaded } from "../../components/States";
import { Scissors } from "lucide-react";
import { documentsQuery } from "../documents/queries";
import type { Body } from "./options";
import { chunksPreviewQuery } from "./queries";

/** How a document is cut by the options as they stand in the form. */
export function ChunksPreview({ collection, document, chunking, onDocument }: {
  collection: string;
  document: string | undefined;
  chunking: Body["chunking"];
  onDocument: (id: string) => void;
}) {
  const namespace = useNamespace();
  const documents = useInfiniteQuery({ ...documentsQuery({ namespace, collection }), enabled: collection !== "" });
  const known = documents.data?.pages.flatMap((page) => page.items).filter((one) => one.searched_number !== null) ?? [];
  const chosen = document ?? known[0]?.id ?? "";
  const query = useQuery(chunksPreviewQuery(namespace, collection, chosen, chunking));
  if (documents.isSuccess && known.length === 0) {
    return (
      <EmptyState icon={Scissors} title="Nothing to cut">
        This collection holds no indexed document yet.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <SelectField label="Document" value={chosen} onChange={(event) => onDocument(event.target.value)}>
        {known.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </SelectField>
      <Loaded query={query}>
        {({ chunks, shortest, median, longest, items }) => (
          <>
            <p role="status" className="text-sm text-muted">
              {chunks === 1
                ? `1 chunk of ${formatCount(longest)} characters.`
                : `${formatCount(chunks)} chunks, ${formatCount(shortest)} to ${formatCount(longest)} characters, half of them up to ${formatCount(median)}.`}
              {items.length < chunks && ` The first ${items.length}:`}
            </p>
            <ol aria-label="Chunks" className="flex flex-col gap-2" aria-busy={query.isPlaceholderData}>
              {items.map((one) => (
                <li key={one.ordinal} className="rounded-lg border border-line bg-surface p-3">
                  <p className="mb-1 flex gap-3 text-xs text-muted">
                    <span className="font-mono text-ink">{one.ordinal + 1}</span>
                    <span>{formatCount(one.end - one.start)} characters</span>
                    {one.page !== null && <span>page {one.page}</span>}
                  </p>
                  {one.header && <p className="mb-1 text-xs break-words whitespace-pre-line text-accent-ink">{one.header}</p>}
                  <p className="text-sm leading-relaxed break-words whitespace-pre-line">{withoutPageBreaks(one.text)}</p>
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </div>
  );
}
