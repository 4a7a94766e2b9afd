import type { ColumnDef } from "@tanstack/react-table";
import { Ellipsis, LockKeyhole, Pause, Pencil, Play, RotateCw, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { Badge } from "../../../components/Badge";
import { IconButton } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { formatCount } from "../../../components/format";
import { Menu, MenuItem, MenuSeparator } from "../../../components/Menu";
import { TimeAgo } from "../../../components/TimeAgo";
import type { Source, SourceKind } from "./queries";
import { RunBadge, RunProgress } from "./RunState";
import { countWords, isUnderWay, placeWords, scheduleWords } from "./words";

export type SourceAction = "read" | "pause" | "resume" | "edit" | "remove";

interface SourceTableProps {
  rows: Source[];
  kinds: readonly SourceKind[];
  selected: string | undefined;
  mayWrite: boolean;
  onOpen: (source: Source) => void;
  onAction: (action: SourceAction, source: Source) => void;
}

/** The sources of a collection, each with where it is, when it is read, and how its last reading came out. */
export function SourceTable({ rows, kinds, selected, mayWrite, onOpen, onAction }: SourceTableProps) {
  const columns = useMemo(() => columnsOf({ kinds, mayWrite, onOpen, onAction }), [kinds, mayWrite, onOpen, onAction]);
  return (
    <DataTable label="Sources" columns={columns} rows={rows} rowKey={(row) => row.id} selectedKey={selected} onSelect={onOpen} height="70vh" />
  );
}

type Handlers = Pick<SourceTableProps, "kinds" | "mayWrite" | "onOpen" | "onAction">;

function columnsOf({ kinds, mayWrite, onOpen, onAction }: Handlers): ColumnDef<Source, unknown>[] {
  const columns: ColumnDef<Source, unknown>[] = [
    {
      header: "Source",
      meta: { className: "w-full max-w-0" },
      cell: ({ row: { original } }) => {
        const place = placeWords(original, kinds.find((kind) => kind.name === original.kind));
        return (
          <div className="min-w-0">
            <button
              type="button"
              className="block max-w-full truncate text-left font-medium hover:underline"
              onClick={(event) => {
                event.stopPropagation();
                onOpen(original);
              }}
            >
              {original.readers.restricted && <LockKeyhole role="img" aria-label="Not for everyone" className="mr-1 inline size-3.5 text-muted" />}
              {original.name}
            </button>
            <p className="truncate font-mono text-xs text-muted" title={place}>
              {place}
            </p>
            {original.last_run && <RunProgress run={original.last_run} name={original.name} />}
          </div>
        );
      },
    },
    { header: "Kind", cell: ({ row }) => row.original.kind, meta: { hideWhenNarrow: true } },
    {
      header: "Read",
      cell: ({ row: { original } }) => (
        <span className="flex flex-wrap items-center gap-1.5 whitespace-nowrap">
          {scheduleWords(original.every_seconds)}
          {original.paused && <Badge icon={Pause}>Paused</Badge>}
        </span>
      ),
      meta: { hideWhenNarrow: true },
    },
    { header: "Documents", cell: ({ row }) => formatCount(row.original.documents), meta: { align: "right", hideWhenNarrow: true } },
    { header: "Last reading", cell: ({ row }) => <LastReading source={row.original} /> },
  ];
  if (!mayWrite) return columns;
  return [
    ...columns,
    {
      id: "actions",
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => <Actions source={original} onAction={onAction} />,
    },
  ];
}

function LastReading({ source: { last_run: run } }: { source: Source }) {
  if (run === null) return <span className="text-muted">never</span>;
  return (
    <div className="flex min-w-28 flex-col items-start gap-0.5">
      <RunBadge run={run} />
      {!isUnderWay(run) && (
        <span className="text-xs text-muted">
          {run.state === "succeeded" && `${countWords(run)}, `}
          <TimeAgo at={run.ended_at ?? run.created_at} />
        </span>
      )}
    </div>
  );
}

function Actions({ source, onAction }: { source: Source } & Pick<Handlers, "onAction">) {
  return (
    // A click in the menu is none on the row.
    <span onClick={(event) => event.stopPropagation()}>
      <Menu label={`Actions for ${source.name}`} trigger={<IconButton icon={Ellipsis} label={`Actions for ${source.name}`} className="size-7" />}>
        <MenuItem icon={RotateCw} disabled={isUnderWay(source.last_run)} onSelect={() => onAction("read", source)}>
          Read it now
        </MenuItem>
        {source.every_seconds !== null && (
          <MenuItem icon={source.paused ? Play : Pause} onSelect={() => onAction(source.paused ? "resume" : "pause", source)}>
            {source.paused ? "Resume its schedule" : "Pause its schedule"}
          </MenuItem>
        )}
        <MenuItem icon={Pencil} onSelect={() => onAction("edit", source)}>
          Edit…
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={Trash2} danger onSelect={() => onAction("remove", source)}>
          Remove…
        </MenuItem>
      </Menu>
    </span>
  );
}
