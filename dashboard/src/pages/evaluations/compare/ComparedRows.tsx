import { useInfiniteQuery } from "@tanstack/react-query";
import { Equal } from "lucide-react";
import { useMemo } from "react";
import { Button } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { CheckField, SelectField } from "../../../components/Field";
import { useListKeys } from "../../../components/keys";
import { LoadMore } from "../../../components/LoadMore";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, Loaded } from "../../../components/States";
import { nameOf } from "../evaluationColumns";
import { type Comparison, comparedRowsQuery } from "../queries";
import type { CompareSearch } from "../search";
import type { Chosen } from "./chosen";
import { ComparedPanel } from "./ComparedPanel";
import { columnsFor } from "./rowColumns";
import { sideName } from "./Sides";

/** Rows of the baseline and one candidate side by side, those first that became most worse. */
export function ComparedRows({ comparison, candidate, scorer, search, onChange }: Chosen & {
  comparison: Comparison;
  search: CompareSearch;
  onChange: (next: CompareSearch) => void;
}) {
  const { baseline, candidates, evaluations } = comparison;
  const query = useInfiniteQuery(comparedRowsQuery([baseline.id, candidate], scorer, search.changed === true));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const differences = candidates.find((one) => one.evaluation_id === candidate)?.differences ?? [];
  const measure = differences.find((one) => one.scorer === scorer);
  const place = evaluations.findIndex((one) => one.id === candidate);
  const names = { left: sideTitle(comparison, 0), right: sideTitle(comparison, place) };
  const isOpen = search.row !== undefined;
  const columns = useMemo(() => (measure ? columnsFor(measure, names, isOpen) : []), [measure, names.left, names.right, isOpen]);
  const chosen = rows.find((row) => row.position === search.row);
  const open = (key: string | undefined) => onChange(key === undefined ? { row: undefined, trace: undefined } : { row: Number(key) });
  useListKeys({ keys: rows.map((row) => String(row.position)), selected: isOpen ? String(search.row) : undefined, select: open });
  if (!measure) return null;
  return (
    <WithPanel panel={chosen && <ComparedPanel row={chosen} measure={measure} names={names} trace={search.trace} onTrace={(trace) => onChange({ trace })} onClose={() => open(undefined)} />}>
      <Card
        title="Rows"
        flush
        actions={
          <>
            {candidates.length > 1 && (
              <SelectField label="Candidate" hideLabel value={candidate} onChange={(event) => onChange({ candidate: event.target.value, row: undefined })}>
                {evaluations.slice(1).map((one, at) => <option key={one.id} value={one.id}>{sideName(at + 1)} {nameOf(one)}</option>)}
              </SelectField>
            )}
            <SelectField label="Scorer" hideLabel value={scorer} onChange={(event) => onChange({ scorer: event.target.value, row: undefined })}>
              {differences.map((one) => <option key={one.scorer} value={one.scorer}>{one.scorer}</option>)}
            </SelectField>
            <CheckField label="Only changed" checked={search.changed === true} onChange={(event) => onChange({ changed: event.target.checked || undefined, row: undefined })} />
          </>
        }
      >
        <Loaded query={query}>
          {() =>
            rows.length === 0 ? (
              <EmptyState icon={Equal} title="Every row scores the same" action={search.changed && <Button onClick={() => onChange({ changed: undefined })}>Show all rows</Button>}>
                {scorer} gives each row the same on both sides. The outputs may differ all the same.
              </EmptyState>
            ) : (
              <DataTable
                label="Rows side by side"
                columns={columns}
                rows={rows}
                rowKey={(row) => String(row.position)}
                selectedKey={isOpen ? String(search.row) : undefined}
                onSelect={(row) => open(String(row.position))}
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

function sideTitle({ evaluations }: Comparison, place: number): string {
  const evaluation = evaluations[place];
  return evaluation ? `${sideName(place).slice(0, 1)} ${nameOf(evaluation)}` : "";
}
