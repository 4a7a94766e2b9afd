import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Columns2, EyeOff } from "lucide-react";
import { Button, buttonClasses } from "../../components/Button";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { type DuplicateDocument, type DuplicateGroup, duplicatesQuery } from "./found";
import { likenessWords } from "./foundWords";
import type { Document } from "./queries";
import type { CollectionSearch } from "./routes";

export type RemovableDocument = Pick<Document, "id" | "name">;

interface DuplicatesProps {
  namespace: string;
  collection: string;
  mayWrite: boolean;
  onOpen: (place: Partial<CollectionSearch>) => void;
  onRemove: (document: RemovableDocument) => void;
}

/** Documents that repeat each other, group by group; each can be seen beside its nearest, and taken out of search. */
export function Duplicates({ namespace, collection, mayWrite, onOpen, onRemove }: DuplicatesProps) {
  const query = useInfiniteQuery(duplicatesQuery(namespace, collection));
  const groups = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isPending) return <Skeleton lines={4} />;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (groups.length === 0) {
    return (
      <Card>
        <EmptyState title="No duplicates">Documents that are searched are compared as they are indexed.</EmptyState>
      </Card>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {groups.map((group) => (
        <Group key={group.id} {...{ group, collection, mayWrite, onOpen, onRemove }} />
      ))}
      <LoadMore query={query} />
    </div>
  );
}

function Group({ group, ...rest }: Omit<DuplicatesProps, "namespace"> & { group: DuplicateGroup }) {
  const names = new Map(group.members.map((one) => [one.document_id, one.document]));
  const more = group.documents - group.members.length;
  return (
    <Card title={`${formatCount(group.documents)} documents repeat each other`} flush>
      <ul aria-label="Duplicates" className="divide-y divide-line">
        {group.members.map((one) => (
          <Member key={one.document_id} one={one} nearest={names.get(one.nearest_id) ?? ""} {...rest} />
        ))}
      </ul>
      {more > 0 && <p className="border-t border-line px-4 py-2 text-sm text-muted">and {formatCount(more)} more</p>}
    </Card>
  );
}

function Member({ one, nearest, collection, mayWrite, onOpen, onRemove }: Omit<DuplicatesProps, "namespace"> & {
  one: DuplicateDocument;
  nearest: string;
}) {
  const place = { document: one.document_id, version: one.number, page: undefined, start: undefined, end: undefined, view: undefined };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 text-sm">
      <div className="min-w-48 grow basis-0">
        <button type="button" className="block max-w-full truncate font-medium hover:underline" title={one.document} onClick={() => onOpen(place)}>
          {one.document}
        </button>
        <p className="truncate text-xs text-muted">
          {likenessWords(one)} {nearest}
        </p>
      </div>
      <Link
        to="/documents/$collection/compare"
        params={{ collection }}
        search={{ left: one.document_id, right: one.nearest_id }}
        aria-label={`${one.document} side by side with ${nearest}`}
        className={buttonClasses("quiet")}
      >
        <Columns2 aria-hidden className="size-4" />
        Side by side
      </Link>
      {mayWrite && (
        <Button look="quiet" icon={EyeOff} aria-label={`Remove ${one.document} from search`} onClick={() => onRemove({ id: one.document_id, name: one.document })}>
          Remove from search…
        </Button>
      )}
    </li>
  );
}
