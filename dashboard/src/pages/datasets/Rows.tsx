import { useInfiniteQuery } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { Lock, Table2 } from "lucide-react";
import { useMemo } from "react";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { useListKeys } from "../../components/keys";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, Loaded } from "../../components/States";
import { Segments } from "../../components/Tabs";
import { type Detail, OPEN, type Row, rowsQuery, SEALED } from "./queries";
import { RowPanel } from "./RowPanel";
import type { DatasetSearch } from "./search";
import { brief } from "./text";

interface RowsProps {
  namespace: string;
  dataset: Detail;
  search: DatasetSearch;
  onChange: (next: DatasetSearch) => void;
}

/** The rows of one split at a time; the sealed one says why there is nothing to read. */
export function Rows({ namespace, dataset, search, onChange }: RowsProps) {
  const splits = Object.entries(dataset.splits);
  const first = dataset.splits[OPEN] ? OPEN : (splits.find(([name]) => name !== SEALED)?.[0] ?? SEALED);
  const split = search.split !== undefined && search.split in dataset.splits ? search.split : first;
  return (
    <div className="flex flex-col gap-3">
      {splits.length > 1 && (
        <div>
          <Segments
            label="Split"
            value={split}
            onChange={(next) => onChange({ split: next === first ? undefined : next, row: undefined })}
            options={splits.map(([name, { rows }]) => ({
              name,
              label: <span className="flex items-center gap-1">{name === SEALED && <Lock aria-hidden className="size-3" />}{name} ({formatCount(rows)})</span>,
            }))}
          />
        </div>
      )}
      {split === SEALED ? (
        <Card flush>
          <EmptyState icon={Lock} title={`${formatCount(dataset.splits[SEALED]?.rows ?? 0)} rows are sealed`}>
            Nobody reads these rows, and nobody runs on them but gates, each time recorded: what no one has seen, no one can
            tune to. Look and try on another split; a gate says whether a version holds on this one.
          </EmptyState>
        </Card>
      ) : (
        <SplitRows {...{ namespace, dataset, split, search, onChange }} />
      )}
    </div>
  );
}

function SplitRows({ namespace, dataset, split, search, onChange }: RowsProps & { split: string }) {
  const query = useInfiniteQuery(rowsQuery(namespace, dataset.name, dataset.number, split));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isOpen = search.row !== undefined;
  const columns = useMemo(() => columnsFor(dataset, isOpen), [dataset, isOpen]);
  const selected = isOpen ? String(search.row) : undefined;
  const chosen = rows.find((row) => row.position === search.row);
  const open = (key: string | undefined) => onChange({ row: key === undefined ? undefined : Number(key) });
  useListKeys({ keys: rows.map((row) => String(row.position)), selected, select: open });
  return (
    <WithPanel panel={chosen && <RowPanel key={chosen.digest} namespace={namespace} name={dataset.name} row={chosen} onClose={() => open(undefined)} />}>
      <Loaded query={query}>
        {() => (
          <Card flush>
            {rows.length === 0 ? (
              <EmptyState icon={Table2} title="This split has no rows" />
            ) : (
              <DataTable
                label={`Rows of ${split}`}
                columns={columns}
                rows={rows}
                rowKey={(row) => String(row.position)}
                selectedKey={selected}
                onSelect={(row) => open(String(row.position))}
                height="calc(100dvh - 12rem)"
              />
            )}
            <LoadMore query={query} />
          </Card>
        )}
      </Loaded>
    </WithPanel>
  );
}

/** A column for each input where there is room for them, else one for all. */
const MOST_COLUMNS = 4;

function columnsFor({ columns }: Detail, isNarrow: boolean): ColumnDef<Row, unknown>[] {
  const inputs = isNarrow || columns.inputs.length > MOST_COLUMNS ? [] : columns.inputs;
  const clamped = (text: string) => <span className="line-clamp-2 break-words">{text}</span>;
  return [
    {
      header: "Row",
      cell: ({ row: { original } }) => (
        <button type="button" className="font-medium hover:underline" aria-label={`Open row ${original.position + 1}`}>{original.position + 1}</button>
      ),
      meta: { className: "w-14" },
    },
    ...(inputs.length === 0
      ? [{ header: "Inputs", cell: ({ row }: { row: { original: Row } }) => clamped(inputText(row.original)) }]
      : inputs.map((name, place) => ({
          id: `input ${name}`,
          header: name,
          cell: ({ row: { original } }: { row: { original: Row } }) => clamped(original.erased ? "Erased" : brief(original.inputs?.[name])),
          meta: place > 0 ? { hideWhenNarrow: true } : {},
        }))),
    ...(columns.expected ? [{ header: "Expected", cell: ({ row }: { row: { original: Row } }) => clamped(brief(row.original.expected)) }] : []),
  ];
}

function inputText(row: Row): string {
  return row.erased ? "Erased" : brief(row.inputs);
}
