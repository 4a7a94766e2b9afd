import { useNavigate } from "@tanstack/react-router";
import { WithPanel } from "../../components/SidePanel";
import { DocumentList } from "./DocumentList";
import type { DocumentAction } from "./DocumentTable";
import type { RemovableDocument } from "./Duplicates";
import type { NamedFile } from "./files";
import { Findings } from "./Findings";
import type { Document } from "./queries";
import type { CollectionSearch } from "./routes";
import { SearchBar } from "./SearchBar";
import { SearchResults } from "./SearchResults";
import { SourceColumn, SourcePanel } from "./SourcePanel";
import { useStepping } from "./stepping";

interface DocumentsTabProps {
  namespace: string;
  collection: string;
  /** Undefined until it is known. */
  exists: boolean | undefined;
  search: CollectionSearch;
  mayWrite: boolean;
  onChange: (next: Partial<CollectionSearch>, replace?: boolean) => void;
  onAction: (action: DocumentAction, document: Document) => void;
  onRemove: (document: RemovableDocument) => void;
  onFiles: (files: NamedFile[]) => void;
}

const NO_PLACE = { version: undefined, page: undefined, start: undefined, end: undefined, view: undefined };

/** The documents of a collection, what the engine found out about them, and the one that is open. */
export function DocumentsTab({ namespace, collection, exists, search, mayWrite, onChange, onAction, onRemove, onFiles }: DocumentsTabProps) {
  const navigate = useNavigate();
  useStepping(search, namespace, collection, exists === true, onChange);
  const { start, end } = search;
  const span = start !== undefined && end !== undefined ? { start, end } : undefined;
  return (
    <div className="flex flex-col gap-5">
      {exists && <Findings {...{ namespace, collection, search, mayWrite, onChange, onRemove }} />}
      {exists && <SearchBar key={`${search.q ?? ""}/${search.name ?? ""}`} search={search} onChange={onChange} />}
      <WithPanel
        panel={
          search.document && (
            <SourceColumn>
              <SourcePanel
                key={search.document}
                documentId={search.document}
                number={search.version}
                span={span}
                page={search.page}
                view={search.view}
                onView={(view) => onChange({ view: view === "pages" ? undefined : view }, true)}
                onNumber={(version) => onChange({ ...NO_PLACE, version })}
                onClose={() => onChange({ ...NO_PLACE, document: undefined })}
                onMaximise={() =>
                  void navigate({
                    to: "/documents/$collection/$documentId",
                    params: { collection, documentId: search.document ?? "" },
                    search: { version: search.version, page: search.page, start, end, view: search.view },
                  })
                }
              />
            </SourceColumn>
          )
        }
      >
        {search.q && exists ? (
          <SearchResults
            namespace={namespace}
            collection={collection}
            query={search.q}
            selected={`${search.document}/${search.version}:${start}`}
            onOpen={({ version, start: from, end: to }) =>
              onChange({ ...NO_PLACE, document: version.document_id, version: version.number, start: from, end: to })
            }
          />
        ) : (
          <DocumentList
            {...{ namespace, collection, exists, search, mayWrite, onAction, onFiles }}
            onOpen={(document) => onChange({ ...NO_PLACE, document: document.id })}
          />
        )}
      </WithPanel>
    </div>
  );
}
