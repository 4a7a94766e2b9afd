import { useInfiniteQuery } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { ListChecks } from "lucide-react";
import { useMemo } from "react";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { CheckField } from "../../components/Field";
import { useListKeys } from "../../components/keys";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, Loaded } from "../../components/States";
import { SEALED } from "../datasets/queries";
import { brief } from "../datasets/text";
import { FailureCode } from "./FailureCode";
import { ItemPanel } from "./ItemPanel";
import { type Evaluation, isUnfinished, type Item, itemsQuery } from "./queries";
import { formatScore, type Measure, measureOf } from "./scores";
import type { EvaluationSearch } from "./search";

/** Every row with what came out and its scores; one opens beside the list. */
export function Items({ evaluation, search, onChange }: {
  evaluation: Evaluation;
  search: EvaluationSearch;
  onChange: (next: EvaluationSearch) => void;
}) {
  const isSealed = evaluation.split === SEALED;
  const query = useInfiniteQuery({ ...itemsQuery(evaluation.id, search.failed === true), enabled: !isSealed && !isUnfinished(evaluation) });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isOpen = search.row !== undefined;
  const columns = useMemo(() => columnsFor(evaluation, isOpen), [evaluation, isOpen]);
  const chosen = items.find((item) => item.position === search.row);
  const open = (key: string | undefined) => onChange(key === undefined ? { row: undefined, trace: undefined } : { row: Number(key) });
  useListKeys({ keys: items.map((item) => String(item.position)), selected: isOpen ? String(search.row) : undefined, select: open });
  if (isSealed || isUnfinished(evaluation)) return null;
  return (
    <WithPanel panel={chosen && <ItemPanel evaluation={evaluation} item={chosen} isTrace={search.trace === true} onTrace={(trace) => onChange({ trace: trace || undefined })} onClose={() => open(undefined)} />}>
      <Card
        title="Rows"
        flush
        actions={<CheckField label="Only without a score" checked={search.failed === true} onChange={(event) => onChange({ failed: event.target.checked || undefined, row: undefined })} />}
      >
        <Loaded query={query}>
          {() =>
            items.length === 0 ? (
              <EmptyState
                icon={ListChecks}
                title={search.failed ? "Every row has an output and its scores" : "No row was run"}
                action={search.failed && <Button onClick={() => onChange({ failed: undefined })}>Show all rows</Button>}
              />
            ) : (
              <DataTable
                label="Rows of the evaluation"
                columns={columns}
                rows={items}
                rowKey={(item) => String(item.position)}
                selectedKey={isOpen ? String(search.row) : undefined}
                onSelect={(item) => open(String(item.position))}
                height="calc(100dvh - 8rem)"
              />
            )
          }
        </Loaded>
        <LoadMore query={query} />
      </Card>
    </WithPanel>
  );
}

/** As many scorers have a column of their own; more share one. */
const MOST_SCORERS = 4;

function columnsFor(evaluation: Evaluation, isNarrow: boolean): ColumnDef<Item, unknown>[] {
  const clamped = (text: string) => <span className="line-clamp-3 break-words">{text}</span>;
  const { scorers } = evaluation;
  const own = scorers.length <= MOST_SCORERS && !isNarrow;
  const all: (ColumnDef<Item, unknown> | false)[] = [
    {
      header: "Row",
      cell: ({ row: { original } }) => (
        <button type="button" className="font-medium hover:underline" aria-label={`Open row ${original.position + 1}`}>{original.position + 1}</button>
      ),
      meta: { className: "w-12" },
    },
    { header: "Inputs", cell: ({ row: { original } }) => clamped(original.inputs === null ? "Erased" : brief(original.inputs)) },
    !isNarrow && { header: "Expected", cell: ({ row }) => clamped(brief(row.original.expected)), meta: { hideWhenNarrow: true } },
    {
      header: "Output",
      cell: ({ row: { original } }) => (original.error_code ? <FailureCode code={original.error_code} /> : clamped(brief(original.output))),
    },
    ...(own
      ? scorers.map((name): ColumnDef<Item, unknown> => ({
          id: `score ${name}`,
          header: name,
          cell: ({ row }) => <Score item={row.original} scorer={name} measure={measureOf(evaluation, name)} />,
          meta: { align: "right", hideWhenNarrow: true },
        }))
      : []),
    !isNarrow && {
      id: "scores",
      header: "Scores",
      cell: ({ row }) => (
        <span className="flex flex-col gap-0.5">
          {scorers.map((name) => (
            <span key={name} className="flex flex-wrap justify-between gap-x-2 text-xs">
              <span className="text-muted">{name}</span>
              <Score item={row.original} scorer={name} measure={measureOf(evaluation, name)} />
            </span>
          ))}
        </span>
      ),
      meta: own ? { className: "@3xl:hidden" } : {},
    },
  ];
  return all.filter((column) => column !== false);
}

function Score({ item, scorer, measure }: { item: Item; scorer: string; measure: Measure }) {
  const score = item.scores.find((one) => one.scorer === scorer);
  if (!score) return <span className="text-muted">–</span>;
  if (score.failure_code !== null) return <FailureCode code={score.failure_code} />;
  return <span className="whitespace-nowrap">{formatScore(score.value, measure)}</span>;
}
