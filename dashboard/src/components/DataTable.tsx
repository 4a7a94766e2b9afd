import { type ColumnDef, type ColumnDefTemplate, type RowData, getCoreRowModel, useReactTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { classes } from "./classes";

declare module "@tanstack/react-table" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the shape is the library's
  interface ColumnMeta<TData extends RowData, TValue> {
    /** Numbers stand on the right. */
    align?: "left" | "right";
    /** Leaves the column out where the table is narrow: on a phone, or beside an open panel. */
    hideWhenNarrow?: boolean;
    className?: string;
  }
}

/** A guess; rows are measured once they are drawn. */
const ROW_HEIGHT = 40;
const HEADER_HEIGHT = 36;
const VIRTUAL_FROM = 100;

interface DataTableProps<T> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: ColumnDef<T, unknown>[];
  rows: T[];
  rowKey: (row: T) => string;
  /** The row whose details are open beside the list. */
  selectedKey?: string | undefined;
  /** A click anywhere on a row; the first cell should hold a link or button for the keyboard. */
  onSelect?: ((row: T) => void) | undefined;
  /** A click anywhere on a row follows its first link. */
  opensLink?: boolean;
  /** The height of the scrolling area; long lists need one, and only their visible rows are drawn. */
  height?: string;
}

/** A table that scrolls in its own container, and draws only what is visible once it is long. */
export function DataTable<T>({ label, columns, rows, rowKey, selectedKey, onSelect, opensLink = false, height }: DataTableProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const table = useReactTable({ data: rows, columns, getCoreRowModel: getCoreRowModel(), getRowId: rowKey });
  const all = table.getRowModel().rows;
  const isVirtual = height !== undefined && all.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({
    count: all.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    // Rows begin below the header, which then covers what scrolls behind it.
    scrollMargin: HEADER_HEIGHT,
    scrollPaddingStart: HEADER_HEIGHT,
    enabled: isVirtual,
  });
  const items = virtualizer.getVirtualItems();
  const first = isVirtual ? (items[0]?.index ?? 0) : 0;
  const last = isVirtual ? (items.at(-1)?.index ?? -1) + 1 : all.length;
  const above = isVirtual ? (items[0]?.start ?? HEADER_HEIGHT) - HEADER_HEIGHT : 0;
  const below = isVirtual ? virtualizer.getTotalSize() + HEADER_HEIGHT - (items.at(-1)?.end ?? HEADER_HEIGHT) : 0;
  const selectedIndex = selectedKey === undefined ? -1 : all.findIndex((row) => row.id === selectedKey);

  useEffect(() => {
    if (selectedIndex < 0) return;
    if (isVirtual) virtualizer.scrollToIndex(selectedIndex);
    else scroller.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [selectedIndex, isVirtual, virtualizer]);

  return (
    // What scrolls must be reachable by keyboard.
    <div ref={scroller} role="region" aria-label={label} tabIndex={0} className="@container relative overflow-auto [overflow-anchor:none]" style={{ maxHeight: height }}>
      <table className="w-full border-collapse text-sm">
        <thead className="sticky top-0 z-10 bg-surface shadow-[inset_0_-1px_0_var(--line)]">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <th key={header.id} scope="col" className={cellClasses(header.column.columnDef, "h-9 text-xs font-medium text-muted")}>
                  {drawn(header.column.columnDef.header, header.getContext())}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Spacer height={above} columns={columns.length} />
          {all.slice(first, last).map((row) => (
            <tr
              key={row.id}
              ref={isVirtual ? virtualizer.measureElement : undefined}
              data-index={row.index}
              aria-current={row.id === selectedKey ? "true" : undefined}
              onClick={onSelect ? () => onSelect(row.original) : opensLink ? followLink : undefined}
              className={classes(
                "border-b border-line last:border-0",
                (onSelect || opensLink) && "cursor-pointer hover:bg-hover",
                row.id === selectedKey && "bg-accent-soft hover:bg-accent-soft",
              )}
            >
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={cellClasses(cell.column.columnDef, "h-10 py-1.5")}>
                  {drawn(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
          <Spacer height={below} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

/** Follows the first link of the row, unless something of its own was clicked or text is being marked. */
function followLink(event: MouseEvent<HTMLTableRowElement>): void {
  const cell = (event.target as Element).closest("td");
  if ((event.target as Element).closest("a, button, label") || cell?.querySelector("input") || window.getSelection()?.toString()) return;
  event.currentTarget.querySelector<HTMLAnchorElement>("a[href]")?.click();
}

/** Called, not mounted: as a component, a column that is made anew would close the menu that is open in its cell. */
function drawn<Context extends object>(template: ColumnDefTemplate<Context> | undefined, context: Context): ReactNode {
  return typeof template === "function" ? (template(context) as ReactNode) : template;
}

function cellClasses<T>(column: ColumnDef<T, unknown>, base: string): string {
  const meta = column.meta;
  return classes(
    base,
    "px-3 first:pl-4 last:pr-4 align-middle",
    meta?.align === "right" ? "text-right" : "text-left",
    meta?.hideWhenNarrow && "@max-3xl:hidden",
    meta?.className,
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}
