import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Database, ListChecks } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { classes } from "../../../components/classes";
import { CheckField, SelectField } from "../../../components/Field";
import { stepped, useListKeys } from "../../../components/keys";
import { LoadMore } from "../../../components/LoadMore";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, ErrorState, Skeleton } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { PushRows } from "../../datasets/PushRows";
import type { CollectionSearch } from "../routes";
import { DoubtPanel } from "./DoubtPanel";
import { type Doubt, type DoubtfulAnswer, DOUBTS, doubtsQuery, pushLabels } from "./queries";
import { DOUBT_WORDS, VERDICT_WORDS } from "./words";

interface DoubtsTabProps {
  namespace: string;
  collection: string;
  /** Undefined until it is known. */
  exists: boolean | undefined;
  search: CollectionSearch;
  onChange: (next: Partial<CollectionSearch>, replace?: boolean) => void;
}

/** Answers and refusals that wait for a person's word, newest first; the one that is open is labelled beside the list. */
export function DoubtsTab({ namespace, collection, exists, search, onChange }: DoubtsTabProps) {
  const client = useQueryClient();
  const mayRead = useCan("executions:read");
  const mayPush = useCan("datasets:write");
  const [isPushing, setPushing] = useState(false);
  const labelled = search.labelled ?? false;
  const query = useInfiniteQuery({ ...doubtsQuery(namespace, collection, search.doubt, labelled), enabled: exists === true && mayRead });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const keys = rows.map((row) => row.execution_id);
  useListKeys({ keys, selected: search.answer, select: (answer) => onChange({ answer }, true) });

  async function next() {
    const after = stepped(keys, search.answer, 1);
    onChange({ answer: after === search.answer ? undefined : after }, true);
    await client.invalidateQueries({ queryKey: ["doubts"] });
  }

  if (exists !== undefined && !mayRead) {
    return <Card><EmptyState title="Not yours to see">Answers are shown to whoever may read executions (executions:read).</EmptyState></Card>;
  }
  if (exists === undefined || (exists && query.isPending)) return <Skeleton lines={5} />;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <WithPanel
      panel={
        search.answer && (
          <DoubtPanel
            key={search.answer}
            {...{ namespace, collection }}
            executionId={search.answer}
            onLabelled={next}
            onOpen={(place) => onChange({ tab: undefined, answer: undefined, ...place })}
            onClose={() => onChange({ answer: undefined })}
          />
        )
      }
    >
      <Card
        flush
        title={labelled ? "Labelled answers" : "Answers to label"}
        actions={
          <div className="flex flex-wrap items-end gap-3 py-1">
            <SelectField
              label="In doubt for"
              fieldClassName="w-44"
              value={search.doubt ?? ""}
              onChange={(event) => onChange({ doubt: (event.target.value || undefined) as Doubt | undefined, answer: undefined }, true)}
            >
              <option value="">Any reason</option>
              {DOUBTS.map((doubt) => <option key={doubt} value={doubt}>{DOUBT_WORDS[doubt]}</option>)}
            </SelectField>
            <CheckField
              label="Labelled ones"
              className="pb-1.5"
              checked={labelled}
              onChange={(event) => onChange({ labelled: event.target.checked || undefined, answer: undefined }, true)}
            />
            {mayPush && <Button icon={Database} onClick={() => setPushing(true)}>Make a dataset…</Button>}
          </div>
        }
      >
        {rows.length === 0 ? (
          <EmptyState icon={ListChecks} title={labelled ? "No label yet" : "Nothing waits for a label"}>
            {labelled
              ? "What people say of answers in doubt stands here, and becomes rows of a dataset."
              : "Refusals with passages near, answers of little confidence, those that lost their support or got a thumbs down come here by themselves."}
          </EmptyState>
        ) : (
          <ul aria-label="Answers in doubt" className="divide-y divide-line">
            {rows.map((row) => (
              <Line key={row.execution_id} row={row} isOpen={row.execution_id === search.answer} onOpen={() => onChange({ answer: row.execution_id })} />
            ))}
          </ul>
        )}
        <LoadMore query={query} />
      </Card>
      {isPushing && (
        <PushRows
          {...{ namespace }}
          title="Make labels a dataset"
          noun="labelled answers"
          push={(name, kept) => pushLabels(namespace, collection, name, kept)}
          onClose={() => setPushing(false)}
        >
          Each labelled answer becomes a row: its question, the right answer, and the sources that hold it. Answers that are not supported, where
          nobody said what is right, are left out.
        </PushRows>
      )}
    </WithPanel>
  );
}

function Line({ row, isOpen, onOpen }: { row: DoubtfulAnswer; isOpen: boolean; onOpen: () => void }) {
  return (
    <li aria-current={isOpen ? "true" : undefined} className={classes("flex flex-col gap-1 px-4 py-2.5 text-sm", isOpen && "bg-accent-soft")}>
      <button type="button" className="text-left font-medium break-words hover:underline" onClick={onOpen}>
        {row.question}
      </button>
      <div className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
        {row.label && <Badge tone="good">{VERDICT_WORDS[row.label.verdict]}</Badge>}
        {row.doubts.map((doubt) => <Badge key={doubt} tone="warn">{DOUBT_WORDS[doubt]}</Badge>)}
        <span>confidence {row.confidence.toFixed(2)}</span>
        <TimeAgo at={row.created_at} />
      </div>
    </li>
  );
}
