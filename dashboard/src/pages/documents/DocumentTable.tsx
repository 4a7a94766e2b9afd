import type { ColumnDef } from "@tanstack/react-table";
import { Download, Ellipsis, EyeOff, LockKeyhole, RotateCw, ShieldX } from "lucide-react";
import { useMemo } from "react";
import { asProblem } from "../../api/problem";
import { Button, IconButton } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatBytes, formatCount } from "../../components/format";
import { announce } from "../../components/Live";
import { Menu, MenuItem, MenuSeparator } from "../../components/Menu";
import { TimeAgo } from "../../components/TimeAgo";
import { inWords } from "./metadata/values";
import { type Document, downloadOriginal } from "./queries";
import { isReadable, isRetryable } from "./reading";
import { StateBadge } from "./StateBadge";
import { hasUnreadPages, unreadNote } from "./unread";

export type DocumentAction = "retry" | "remove" | "erase";

interface DocumentTableProps {
  rows: Document[];
  selected: string | undefined;
  onOpen: (document: Document) => void;
  onAction: (action: DocumentAction, document: Document) => void;
  mayWrite: boolean;
}

/** The documents of a collection; a failed one says why and can be tried again. */
export function DocumentTable({ rows, selected, onOpen, onAction, mayWrite }: DocumentTableProps) {
  const columns = useMemo(() => columnsOf({ onOpen, onAction, mayWrite }), [onOpen, onAction, mayWrite]);
  return (
    <DataTable
      label="Documents"
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      selectedKey={selected}
      onSelect={onOpen}
      height="70vh"
    />
  );
}

type Handlers = Pick<DocumentTableProps, "onOpen" | "onAction" | "mayWrite">;

function columnsOf({ onOpen, onAction, mayWrite }: Handlers): ColumnDef<Document, unknown>[] {
  return [
    {
      header: "Name",
      meta: { className: "w-full min-w-40 max-w-0" },
      cell: ({ row: { original } }) => (
        <div className="min-w-0">
          <button
            type="button"
            title={original.name}
            className="block max-w-full truncate text-left font-medium hover:underline"
            onClick={(event) => {
              event.stopPropagation();
              onOpen(original);
            }}
          >
            {original.restricted && <LockKeyhole role="img" aria-label="Not for everyone" className="mr-1 inline size-3.5 text-muted" />}
            {original.name}
          </button>
          {Object.keys(original.metadata).length > 0 && <p className="truncate text-xs text-muted" title={inWords(original.metadata)}>{inWords(original.metadata)}</p>}
          <Reason document={original} />
        </div>
      ),
    },
    {
      header: "State",
      cell: ({ row: { original } }) => (
        <span className="flex flex-wrap items-center gap-1.5">
          <StateBadge version={original.latest} />
          {mayWrite && isRetryable(original) && !FAULTS_OF_FILES.includes(original.latest.error_code) && (
            <Button
              icon={RotateCw}
              look="quiet"
              className="h-6 px-1.5"
              aria-label={`Retry ${original.name}`}
              onClick={(event) => {
                event.stopPropagation();
                onAction("retry", original);
              }}
            >
              Retry
            </Button>
          )}
        </span>
      ),
    },
    { header: "Pages", cell: ({ row }) => row.original.latest.pages ?? "–", meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "Passages",
      cell: ({ row }) => (row.original.latest.chunks == null ? "–" : formatCount(row.original.latest.chunks)),
      meta: { align: "right", hideWhenNarrow: true },
    },
    { header: "Size", cell: ({ row }) => <span className="whitespace-nowrap">{formatBytes(row.original.latest.bytes)}</span>, meta: { align: "right", hideWhenNarrow: true } },
    { header: "Version", cell: ({ row }) => row.original.latest.number, meta: { align: "right", hideWhenNarrow: true } },
    { header: "Added", cell: ({ row }) => <TimeAgo at={row.original.latest.created_at} />, meta: { hideWhenNarrow: true } },
    {
      id: "actions",
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => <Actions document={original} onAction={onAction} mayWrite={mayWrite} />,
    },
  ];
}

/** Where the file itself is at fault, reading it again fails again: it is offered in the menu only, for another day's engine. */
const FAULTS_OF_FILES: readonly (string | null | undefined)[] = [
  "document.corrupt", "document.empty", "document.encrypted", "document.no_text", "document.not_what_it_says", "document.too_much_text",
  "document.unpacks_too_large", "document.unsupported",
];

function Reason({ document: { removed, latest } }: { document: Document }) {
  if (removed) return <p className="text-xs text-muted">Removed from search</p>;
  if (hasUnreadPages({ removed, latest })) return <p className="text-xs break-words text-warn">{unreadNote(latest.unread_pages ?? 0)}</p>;
  if (!latest.error_message || latest.state === "indexed") return null;
  return <p className={latest.state === "failed" ? "text-xs break-words text-bad" : "text-xs break-words text-muted"}>{latest.error_message}</p>;
}

function Actions({ document, onAction, mayWrite }: { document: Document } & Pick<Handlers, "onAction" | "mayWrite">) {
  const { latest, removed } = document;
  return (
    // A click in the menu is none on the row.
    <span onClick={(event) => event.stopPropagation()}>
      <Menu
        label={`Actions for ${document.name}`}
        trigger={<IconButton icon={Ellipsis} label={`Actions for ${document.name}`} className="size-7" />}
      >
        {!latest.erased && (
          <MenuItem
            icon={Download}
            onSelect={() =>
              void downloadOriginal(document, latest.number).catch((error: unknown) => announce(asProblem(error).message, "bad"))
            }
          >
            Download the original
          </MenuItem>
        )}
        {mayWrite && !latest.erased && (
          <>
            <MenuSeparator />
            {isReadable(document) && (
              <MenuItem icon={RotateCw} onSelect={() => onAction("retry", document)}>
                Read it again
              </MenuItem>
            )}
            {!removed && (
              <MenuItem icon={EyeOff} onSelect={() => onAction("remove", document)}>
                Remove from search…
              </MenuItem>
            )}
            <MenuItem icon={ShieldX} danger onSelect={() => onAction("erase", document)}>
              Erase its content…
            </MenuItem>
          </>
        )}
      </Menu>
    </span>
  );
}
