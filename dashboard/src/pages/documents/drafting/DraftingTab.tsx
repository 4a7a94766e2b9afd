import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Database, FileQuestion, Sparkles } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { classes } from "../../../components/classes";
import { SelectField } from "../../../components/Field";
import { formatCount } from "../../../components/format";
import { stepped, useListKeys } from "../../../components/keys";
import { LoadMore } from "../../../components/LoadMore";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, ErrorState, Skeleton } from "../../../components/States";
import { PushRows } from "../../datasets/PushRows";
import { isUnfinished } from "../../evaluations/queries";
import { ProgressBar } from "../ProgressBar";
import type { CollectionSearch } from "../routes";
import { QuestionPanel } from "./QuestionPanel";
import { type DraftedQuestion, draftsQuery, pushDraft, QUESTION_STATES, type QuestionDraft, type QuestionState, questionsQuery } from "./queries";
import { StartDraft } from "./StartDraft";
import { countOf, draftName, firstState, STATE_WORDS } from "./words";

interface DraftingTabProps {
  namespace: string;
  collection: string;
  /** Undefined until it is known. */
  exists: boolean | undefined;
  search: CollectionSearch;
  onChange: (next: Partial<CollectionSearch>, replace?: boolean) => void;
}

/** Questions that a prompt worded about the collection; a person confirms them one after the other. */
export function DraftingTab({ namespace, collection, exists, search, onChange }: DraftingTabProps) {
  const mayRead = useCan("executions:read");
  const mayStart = useCan("prompts:run");
  const [isStarting, setStarting] = useState(false);
  const query = useInfiniteQuery({ ...draftsQuery(namespace, collection), enabled: exists === true && mayRead });
  const drafts = query.data?.pages.flatMap((page) => page.items) ?? [];
  const draft = drafts.find((one) => one.id === search.draft) ?? drafts[0];
  const choose = (id: string) => onChange({ draft: id, questions: undefined, question: undefined }, true);

  if (exists !== undefined && !mayRead) {
    return <Card><EmptyState title="Not yours to see">Drafted questions are shown to whoever may read executions (executions:read).</EmptyState></Card>;
  }
  if (exists === undefined || (exists && query.isPending)) return <Skeleton lines={5} />;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const start = mayStart && exists && <Button look={draft ? "quiet" : "primary"} icon={Sparkles} onClick={() => setStarting(true)}>Draft questions…</Button>;
  return (
    <>
      {draft ? (
        <Draft key={draft.id} {...{ draft, drafts, search, start, choose, onChange }} />
      ) : (
        <Card>
          <EmptyState icon={FileQuestion} title="No questions drafted yet" action={start}>
            A prompt words questions about sentences of these documents. You confirm them, and they become the dataset that strategies are evaluated on.
          </EmptyState>
        </Card>
      )}
      {isStarting && (
        <StartDraft
          {...{ namespace, collection }}
          onClose={() => setStarting(false)}
          onStarted={(started) => {
            setStarting(false);
            choose(started.id);
          }}
        />
      )}
    </>
  );
}

interface DraftProps {
  draft: QuestionDraft;
  drafts: readonly QuestionDraft[];
  search: CollectionSearch;
  start: React.ReactNode;
  choose: (id: string) => void;
  onChange: DraftingTabProps["onChange"];
}

function Draft({ draft, drafts, search, start, choose, onChange }: DraftProps) {
  const client = useQueryClient();
  const mayPush = useCan("datasets:write");
  const [isPushing, setPushing] = useState(false);
  const state = search.questions ?? firstState(draft);
  const query = useInfiniteQuery(questionsQuery(draft.id, state, draft.progress_done));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const keys = rows.map(({ position }) => String(position));
  const selected = search.question === undefined ? undefined : String(search.question);
  const open = (key: string | undefined) => onChange({ question: key === undefined ? undefined : Number(key) }, true);
  useListKeys({ keys, selected, select: open });
  const question = rows.find(({ position }) => position === search.question);

  async function next() {
    const after = stepped(keys, selected, 1);
    // The last of a state leaves none of it open; what it was stays in the address, lest the list jump to another one.
    onChange({ question: after === selected ? undefined : Number(after), questions: state }, true);
    await client.invalidateQueries({ queryKey: ["question-drafts"] });
  }

  return (
    <WithPanel
      panel={
        question && (
          <QuestionPanel
            key={question.position}
            question={question}
            onJudged={next}
            onOpen={(place) => onChange({ tab: undefined, question: undefined, ...place })}
            onClose={() => open(undefined)}
          />
        )
      }
    >
      <Card
        flush
        title="Drafted questions"
        actions={
          <div className="flex flex-wrap items-end gap-3 py-1">
            <SelectField label="Draft" fieldClassName="w-64" value={draft.id} onChange={(event) => choose(event.target.value)}>
              {drafts.map((one) => <option key={one.id} value={one.id}>{draftName(one)}</option>)}
            </SelectField>
            <SelectField label="Show" fieldClassName="w-44" value={state} onChange={(event) => onChange({ questions: event.target.value as QuestionState, question: undefined }, true)}>
              {QUESTION_STATES.map((one) => <option key={one} value={one}>{`${STATE_WORDS[one]} (${formatCount(countOf(draft, one))})`}</option>)}
            </SelectField>
            {start}
            {mayPush && <Button icon={Database} disabled={draft.accepted === 0} onClick={() => setPushing(true)}>Make a dataset…</Button>}
          </div>
        }
      >
        <Progress draft={draft} />
        <Questions {...{ query, rows, state, selected, open }} />
        <LoadMore query={query} />
      </Card>
      {isPushing && (
        <PushRows title="Make accepted questions a dataset" noun="accepted questions" namespace={draft.namespace} push={(name, kept) => pushDraft(draft.id, name, kept)} onClose={() => setPushing(false)}>
          Each accepted question becomes a row: the question, the sentence that answers it, and the document where that stands.
        </PushRows>
      )}
    </WithPanel>
  );
}

function Progress({ draft }: { draft: QuestionDraft }) {
  if (draft.state === "failed") {
    return <p role="alert" className="border-b border-line bg-bad-soft px-4 py-2 text-sm">{draft.error_message}</p>;
  }
  if (!isUnfinished(draft)) return null;
  const words = `${formatCount(draft.progress_done)} of ${formatCount(draft.questions)} worded`;
  return (
    <div className="flex items-center gap-3 border-b border-line px-4 py-2 text-xs text-muted">
      <ProgressBar label="Drafting" share={draft.progress_done / draft.questions} />
      <span className="shrink-0">{words}</span>
    </div>
  );
}

interface QuestionsProps {
  query: { isPending: boolean; error: unknown };
  rows: readonly DraftedQuestion[];
  state: QuestionState;
  selected: string | undefined;
  open: (key: string) => void;
}

function Questions({ query, rows, state, selected, open }: QuestionsProps) {
  if (query.isPending) return <Skeleton lines={4} className="p-4" />;
  if (query.error) return <ErrorState error={query.error} />;
  if (rows.length === 0) {
    return <EmptyState icon={FileQuestion} title={`None: ${STATE_WORDS[state].toLowerCase()}`}>{state === "open" ? "Every question of this draft has a verdict." : "Choose another state above."}</EmptyState>;
  }
  return (
    <ul aria-label="Drafted questions" className="divide-y divide-line">
      {rows.map((row) => {
        const key = String(row.position);
        return (
          <li key={key} aria-current={key === selected ? "true" : undefined} className={classes("flex flex-col gap-1 px-4 py-2.5 text-sm", key === selected && "bg-accent-soft")}>
            <button type="button" className="text-left font-medium break-words hover:underline" onClick={() => open(key)}>
              {row.question ?? "No question"}
            </button>
            <p className="line-clamp-2 break-words text-muted">{row.sentence ?? "The document was erased."}</p>
            <div className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
              {row.state !== "open" && <Badge tone={row.state === "accepted" ? "good" : "neutral"}>{STATE_WORDS[row.state]}</Badge>}
              <span className="truncate">{row.version.document}</span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
