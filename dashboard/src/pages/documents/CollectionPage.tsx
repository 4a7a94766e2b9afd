import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { Ellipsis, MessageCircleQuestion, Trash2 } from "lucide-react";
import { useCallback, useState } from "react";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { IconButton, buttonClasses } from "../../components/Button";
import { formatCount } from "../../components/format";
import { announce } from "../../components/Live";
import { Menu, MenuItem } from "../../components/Menu";
import { Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { Activity } from "./Activity";
import { AddFilesButtons, DropArea } from "./AddFiles";
import { DocumentList } from "./DocumentList";
import type { DocumentAction } from "./DocumentTable";
import type { RemovableDocument } from "./Duplicates";
import type { NamedFile } from "./files";
import { Findings } from "./Findings";
import { type Document, collectionsQuery } from "./queries";
import { EraseDialog, RemoveCollectionDialog, RemoveDialog } from "./RemoveDialogs";
import type { CollectionSearch } from "./routes";
import { SearchBar } from "./SearchBar";
import { SearchResults } from "./SearchResults";
import { SourceColumn, SourcePanel } from "./SourcePanel";
import { useStepping } from "./stepping";
import { addUploads } from "./uploads";

const route = getRouteApi("/workspace/documents/$collection");
type Asked = { action: "remove"; document: RemovableDocument } | { action: "erase"; document: Document };

const NO_PLACE = { version: undefined, page: undefined, start: undefined, end: undefined, view: undefined };

export function CollectionPage() {
  const namespace = useNamespace();
  const { collection } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const mayWrite = useCan("documents:write");
  const [dialog, setDialog] = useState<Asked | "collection" | null>(null);
  const { data: collections } = useQuery(collectionsQuery(namespace));
  const known = collections?.find((one) => one.name === collection);
  // One whose documents are all removed is listed no more, but they can be looked at.
  const exists = known !== undefined || search.removed === true;

  const change = useCallback(
    (next: Partial<CollectionSearch>, replace = false) =>
      // The router would put the open document back to where it stood before, in pixels of another width.
      void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false }),
    [navigate],
  );
  const open = useCallback((document: Document) => change({ ...NO_PLACE, document: document.id }), [change]);
  const close = () => change({ ...NO_PLACE, document: undefined });
  const add = (files: NamedFile[]) => addUploads(namespace, collection, files);

  const act = useCallback(
    async (action: DocumentAction, document: Document) => {
      if (action !== "retry") {
        setDialog({ action, document });
        return;
      }
      try {
        await call(api.POST("/api/v1/documents/{document_id}/retry", { params: { path: { document_id: document.id } } }));
        await client.invalidateQueries({ queryKey: ["documents", namespace, collection] });
      } catch (error) {
        announce(asProblem(error).message, "bad");
      }
    },
    [client, namespace, collection],
  );
  useStepping(search, namespace, collection, exists, change);

  const { start, end } = search;
  const span = start !== undefined && end !== undefined ? { start, end } : undefined;
  return (
    <DropArea into={collection} onFiles={add}>
      <Page
        wide
        title={collection}
        above={<Link to="/documents">Documents</Link>}
        description={
          known &&
          `${formatCount(known.documents)} ${known.documents === 1 ? "document" : "documents"}, ${formatCount(known.chunks)} ${known.chunks === 1 ? "passage" : "passages"}`
        }
        actions={
          <>
            {known && (
              <Link to="/ask" search={{ collection }} className={buttonClasses("quiet")}>
                <MessageCircleQuestion aria-hidden className="size-4" />
                Ask it
              </Link>
            )}
            {mayWrite && <AddFilesButtons primary onFiles={add} />}
            {mayWrite && known && (
              <Menu label="Collection" trigger={<IconButton icon={Ellipsis} label="More for this collection" />}>
                <MenuItem icon={Trash2} danger onSelect={() => setDialog("collection")}>
                  Remove the collection…
                </MenuItem>
              </Menu>
            )}
          </>
        }
      >
        <Activity namespace={namespace} collection={collection} exists={exists} />
        {exists && (
          <Findings
            {...{ namespace, collection, search, mayWrite }}
            onChange={change}
            onRemove={(document) => setDialog({ action: "remove", document })}
          />
        )}
        {exists && <SearchBar key={`${search.q ?? ""}/${search.name ?? ""}`} search={search} onChange={change} />}
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
                  onView={(view) => change({ view: view === "pages" ? undefined : view }, true)}
                  onNumber={(version) => change({ ...NO_PLACE, version })}
                  onClose={close}
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
                change({ ...NO_PLACE, document: version.document_id, version: version.number, start: from, end: to })
              }
            />
          ) : (
            <DocumentList
              namespace={namespace}
              collection={collection}
              exists={collections === undefined ? undefined : exists}
              search={search}
              mayWrite={mayWrite}
              onOpen={open}
              onAction={(action, document) => void act(action, document)}
              onFiles={add}
            />
          )}
        </WithPanel>
      </Page>
      {dialog === "collection" && (
        <RemoveCollectionDialog
          {...{ namespace, collection }}
          documents={known?.documents ?? 0}
          onClose={() => setDialog(null)}
          onRemoved={() => void navigate({ to: "/documents" })}
        />
      )}
      {dialog !== null && dialog !== "collection" && dialog.action === "remove" && (
        <RemoveDialog document={dialog.document} onClose={() => setDialog(null)} />
      )}
      {dialog !== null && dialog !== "collection" && dialog.action === "erase" && (
        <EraseDialog document={dialog.document} onClose={() => setDialog(null)} />
      )}
    </DropArea>
  );
}
