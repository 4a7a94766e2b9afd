import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Scale, GitCompareArrows } from "lucide-react";
import { useMemo } from "react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button, buttonClasses } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, Loaded } from "../../components/States";
import { TypedField } from "../../components/TypedField";
import { columnsFor } from "./evaluationColumns";
import { inOrder, toggled } from "./picking";
import { evaluationsQuery } from "./queries";
import { extentsOf } from "./scores";
import type { ListSearch } from "./search";
import { StartPanel } from "./start/StartPanel";

const route = getRouteApi("/workspace/evaluations");
const NO_FILTERS = { subject: undefined, version: undefined, dataset: undefined };

export function EvaluationList() {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayRun = useCan("evaluations:run");
  const { subject: name, version: number, dataset, start } = search;
  const query = useInfiniteQuery(evaluationsQuery({ namespace, name, number, dataset }));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const change = (next: ListSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const picked = search.pick ?? [];
  const columns = useMemo(
    () => columnsFor({ picked: search.pick ?? [], extents: extentsOf(rows), onPick: (id) => change({ pick: toggled(search.pick ?? [], id) }) }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `change` is new with every drawing and does the same
    [query.data, search.pick],
  );
  const begin = mayRun && <Button look="primary" icon={Scale} onClick={() => change({ start: {} })}>Start an evaluation</Button>;

  return (
    <Page
      title="Evaluations"
      wide
      description="A version on every row of a dataset, scored."
      actions={
        <>
          {picked.length >= 2 && (
            <Link to="/evaluations/compare" search={{ evaluation: inOrder(picked) }} className={buttonClasses("primary")}>
              <GitCompareArrows aria-hidden className="size-4" />
              Compare {picked.length}
            </Link>
          )}
          {start === undefined && begin}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <TypedField label="Prompt" placeholder="Prompt" type="search" className="w-44" value={name} options={distinct(rows.map((row) => row.name))} onSettled={(subject) => change({ subject })} />
        <TypedField label="Version" placeholder="Version" type="number" min={1} className="w-24" value={number === undefined ? undefined : String(number)} onSettled={(text) => change({ version: text === undefined ? undefined : Number(text) })} />
        <TypedField label="Dataset" placeholder="Dataset" type="search" className="w-44" value={dataset} options={distinct(rows.map((row) => row.dataset_name))} onSettled={(value) => change({ dataset: value })} />
        {query.data && (
          <span role="status" className="text-sm text-muted">
            {formatCount(rows.length)}
            {query.hasNextPage ? "+" : ""} {rows.length === 1 ? "evaluation" : "evaluations"}
            {rows.length > 1 && (picked.length === 0 ? ", mark two or more to compare" : `, ${picked.length} marked`)}
          </span>
        )}
        {picked.length > 0 && <Button look="quiet" onClick={() => change({ pick: undefined })}>Unmark all</Button>}
      </div>
      <WithPanel
        panel={start && (
          <StartPanel
            namespace={namespace}
            draft={start}
            onChange={(draft) => change({ start: draft })}
            onClose={() => change({ start: undefined })}
            onStarted={(evaluationId) => void navigate({ to: "/evaluations/$evaluationId", params: { evaluationId }, search: {} })}
          />
        )}
      >
        <Loaded query={query}>
          {() => (
            <Card flush>
              {rows.length > 0 ? (
                <DataTable label="Evaluations" columns={columns} rows={rows} rowKey={(row) => row.id} opensLink height="calc(100dvh - 15rem)" />
              ) : name || number || dataset ? (
                <EmptyState icon={Scale} title="No evaluation fits" action={<Button onClick={() => change(NO_FILTERS)}>Clear the filters</Button>}>
                  Nothing in this namespace ran this version on this dataset.
                </EmptyState>
              ) : (
                <EmptyState icon={Scale} title="No evaluation yet" action={start === undefined && begin}>
                  Run a prompt on the rows of a <Link to="/datasets" className="text-accent-ink underline">dataset</Link> and score what
                  comes out; two evaluations of the same rows can be compared row by row.
                </EmptyState>
              )}
              <LoadMore query={query} />
            </Card>
          )}
        </Loaded>
      </WithPanel>
    </Page>
  );
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
