import { useQuery } from "@tanstack/react-query";
import { Download, History, Maximize2, X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "../../components/Button";
import { announce } from "../../components/Live";
import { Menu, MenuChoices, MenuLabel } from "../../components/Menu";
import { ErrorState, Skeleton } from "../../components/States";
import { asProblem } from "../../api/problem";
import { documentQuery, downloadOriginal } from "./queries";
import { stateWord } from "./StateBadge";
import { DocumentViewer, type View } from "./viewer/DocumentViewer";
import type { Span } from "./viewer/codepoints";

interface SourcePanelProps {
  documentId: string;
  /** The version to open; the latest when left out. */
  number?: number | undefined;
  span?: Span | undefined;
  page?: number | undefined;
  view?: View | undefined;
  onView: (view: View) => void;
  onNumber?: ((number: number) => void) | undefined;
  onClose?: (() => void) | undefined;
  /** Opens the same place on a page of its own. */
  onMaximise?: (() => void) | undefined;
  actions?: ReactNode;
}

/** A document with its versions, at a place: beside a list or an answer, or as a page. It fills its column. */
export function SourcePanel(props: SourcePanelProps) {
  const { documentId, number, onNumber, onClose, onMaximise, actions } = props;
  const query = useQuery(documentQuery(documentId));
  const document = query.data;
  const version = document?.versions.find((one) => one.number === (number ?? document.latest.number));
  return (
    <>
      <div className="flex min-h-12 shrink-0 items-center gap-1 border-b border-line py-1.5 pr-2 pl-4">
        <h2 className="min-w-0 grow truncate font-semibold" title={document?.name}>
          {document?.name ?? "Document"}
        </h2>
        {document && version && (
          <>
            {onNumber && document.versions.length > 1 ? (
              <Menu
                label="Versions"
                trigger={
                  <button type="button" className="flex h-8 shrink-0 items-center gap-1 rounded-md px-2 text-sm whitespace-nowrap text-muted hover:bg-hover">
                    <History aria-hidden className="size-4" />
                    Version {version.number}
                  </button>
                }
              >
                <MenuLabel>Versions</MenuLabel>
                <MenuChoices
                  value={String(version.number)}
                  onChange={(next) => onNumber(Number(next))}
                  options={document.versions.map((one) => ({
                    value: String(one.number),
                    label: `${one.number} · ${one.number === document.searched_number ? "searched" : stateWord(one.state).toLowerCase()}`,
                  }))}
                />
              </Menu>
            ) : (
              <span className="px-2 text-sm whitespace-nowrap text-muted">Version {version.number}</span>
            )}
            {actions}
            <IconButton
              icon={Download}
              label="Download the original"
              disabled={version.erased}
              onClick={() => void downloadOriginal(document, version.number).catch((error: unknown) => announce(asProblem(error).message, "bad"))}
            />
          </>
        )}
        {onMaximise && <IconButton icon={Maximize2} label="Open as a page" onClick={onMaximise} />}
        {onClose && <IconButton icon={X} label="Close the document (Esc)" onClick={onClose} />}
      </div>
      {document?.removed && (
        <p className="border-b border-line bg-warn-soft px-4 py-1.5 text-xs text-warn">
          Removed: search does not find it any more; its versions can still be opened.
        </p>
      )}
      {query.error && !document ? (
        <div className="p-4">
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : document && !version ? (
        <p className="p-4 text-sm">There is no version {number} of this document.</p>
      ) : document && version ? (
        <DocumentViewer
          documentId={documentId}
          name={document.name}
          version={version}
          span={props.span}
          page={props.page}
          view={props.view}
          onView={props.onView}
        />
      ) : (
        <Skeleton lines={8} className="p-5" />
      )}
    </>
  );
}

/** The column beside a list or an answer; the whole screen on narrow ones. */
export function SourceColumn({ children }: { children: ReactNode }) {
  return (
    <aside
      aria-label="Document"
      className="fixed inset-0 z-30 flex flex-col overflow-hidden bg-surface lg:sticky lg:inset-auto lg:top-4 lg:z-auto lg:h-[calc(100dvh-2rem)] lg:w-[min(46vw,52rem)] lg:shrink-0 lg:rounded-lg lg:border lg:border-line"
    >
      {children}
    </aside>
  );
}
