import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { Ellipsis, MessageCircleQuestion, Trash2 } from "lucide-react";
import { useCallback, useState } from "react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { IconButton, buttonClasses } from "../../components/Button";
import { formatCount } from "../../components/format";
import { Menu, MenuItem } from "../../components/Menu";
import { Page } from "../../components/Page";
import { type Tab, Tabs } from "../../components/Tabs";
import { Activity } from "./Activity";
import { AddFilesButtons, DropArea } from "./AddFiles";
import { DocumentsTab } from "./DocumentsTab";
import { DoubtsTab } from "./doubts/DoubtsTab";
import { DraftingTab } from "./drafting/DraftingTab";
import type { DocumentAction } from "./DocumentTable";
import type { RemovableDocument } from "./Duplicates";
import type { NamedFile } from "./files";
import { NewFilesMetadata } from "./metadata/NewFilesMetadata";
import type { Metadata } from "./metadata/values";
import { type Document, collectionsQuery } from "./queries";
import { useReadAgain } from "./reading";
import { EraseDialog, RemoveCollectionDialog, RemoveDialog } from "./RemoveDialogs";
import type { Aside, CollectionSearch } from "./routes";
import { SourcesTab } from "./sources/SourcesTab";
import { addUploads } from "./uploads";

const route = getRouteApi("/workspace/documents/$collection");
type Asked = { action: "remove"; document: RemovableDocument } | { action: "erase"; document: Document };

const TABS: readonly Tab<"documents" | Aside>[] = [
  { name: "documents", label: "Documents" },
  { name: "sources", label: "Sources" },
  { name: "doubts", label: "Answers to label" },
  { name: "drafting", label: "Draft questions" },
];

export function CollectionPage() {
  const namespace = useNamespace();
  const { collection } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan("documents:write");
  const [dialog, setDialog] = useState<Asked | "collection" | null>(null);
  const { data: collections } = useQuery(collectionsQuery(namespace));
  const known = collections?.find((one) => one.name === collection);
  const isKnown = collections === undefined ? undefined : known !== undefined;
  // One whose documents are all removed is listed no more, but they can be looked at.
  const exists = isKnown === false ? search.removed === true : isKnown;

  const change = useCallback(
    (next: Partial<CollectionSearch>, replace = false) =>
      // The router would put the open document back to where it stood before, in pixels of another width.
      void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false }),
    [navigate],
  );
  const [metadata, setMetadata] = useState<Metadata>({});
  const add = (files: NamedFile[]) => addUploads(namespace, collection, files, metadata);

  const readAgain = useReadAgain();
  const act = useCallback(
    async (action: DocumentAction, document: Document) => {
      if (action !== "retry") {
        setDialog({ action, document });
        return;
      }
      await readAgain(document.id);
    },
    [readAgain],
  );

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
            {mayWrite && <NewFilesMetadata metadata={metadata} onChange={setMetadata} />}
            {mayWrite && <AddFilesButtons primary={search.tab === undefined} onFiles={add} />}
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
        <Activity namespace={namespace} collection={collection} exists={exists === true} />
        <Tabs
          label="Collection"
          tabs={TABS}
          value={search.tab ?? "documents"}
          onChange={(tab) => void navigate({ search: { tab: tab === "documents" ? undefined : tab } })}
        >
          {search.tab === "sources" ? (
            <SourcesTab {...{ namespace, collection, search, mayWrite }} exists={isKnown} onChange={change} />
          ) : search.tab === "doubts" ? (
            <DoubtsTab {...{ namespace, collection, search }} exists={isKnown} onChange={change} />
          ) : search.tab === "drafting" ? (
            <DraftingTab {...{ namespace, collection, search }} exists={isKnown} onChange={change} />
          ) : (
            <DocumentsTab
              {...{ namespace, collection, exists, search, mayWrite }}
              onChange={change}
              onAction={(action, document) => void act(action, document)}
              onRemove={(document) => setDialog({ action: "remove", document })}
              onFiles={add}
            />
          )}
        </Tabs>
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
