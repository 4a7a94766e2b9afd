import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { Library, MessageCircleQuestion } from "lucide-react";
import { useCallback } from "react";
import { useNamespace } from "../../app/routes";
import { buttonClasses } from "../../components/Button";
import { useListKeys } from "../../components/keys";
import { Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, ErrorState, Loaded, Skeleton } from "../../components/States";
import { PassageCard } from "../documents/PassageCard";
import { type Collection, filledCollectionsQuery } from "../documents/queries";
import { SourceColumn, SourcePanel } from "../documents/SourcePanel";
import type { AnswerSoFar } from "./answer";
import { AnswerCard } from "./AnswerCard";
import { RelevanceNote } from "./Confidence";
import { Earlier } from "./Earlier";
import { FollowUp } from "./FollowUp";
import { QuestionForm } from "./QuestionForm";
import type { AskSearch } from "./routes";
import { useAnswer } from "./useAnswer";
import { Why } from "./Why";

const route = getRouteApi("/workspace/ask");
const CLOSED = { cite: undefined, passage: undefined, view: undefined };
const NOTHING_EXPECTED = { expected: undefined, words: undefined, from: undefined, to: undefined };
/** From here on the source stands beside the answer instead of over it (Tailwind's lg). */
const BESIDE = "(min-width: 1024px)";

export function AskPage() {
  const namespace = useNamespace();
  const query = useQuery(filledCollectionsQuery(namespace));
  return (
    <Page
      wide
      title="Ask"
      description="Answers are sentences of your documents, word for word, each with a citation that was checked. Without support there is no answer."
    >
      <Loaded query={query}>{(collections) => <Asking namespace={namespace} collections={collections} />}</Loaded>
    </Page>
  );
}

function Asking({ namespace, collections }: { namespace: string; collections: readonly Collection[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    // The router would put the open source back to where it stood before, in pixels of another width.
    (next: AskSearch, replace = false) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false }),
    [navigate],
  );
  const onStarted = useCallback(
    (execution: string) => change({ ...CLOSED, ...NOTHING_EXPECTED, q: undefined, collection: undefined, strategy: undefined, execution }),
    [change],
  );
  const onDone = useCallback(
    (answer: AnswerSoFar) => {
      if (answer.citations.length > 0 && window.matchMedia(BESIDE).matches) change({ ...CLOSED, cite: 1 }, true);
    },
    [change],
  );
  const { answer, error, isLoading, ask, stop } = useAnswer(search.execution, onStarted, onDone);
  const busy = answer !== null && (answer.phase === "asking" || answer.phase === "answering");
  const citation = answer?.citations.find((one) => one.n === search.cite);
  const source = citation ?? (search.passage === undefined ? undefined : answer?.passages[search.passage - 1]);
  const showsPassages = answer !== null && answer.refused && answer.citations.length === 0;
  const kind = showsPassages ? "passage" : "cite";

  useListKeys({
    keys: (showsPassages ? answer.passages : (answer?.citations ?? [])).map((_, index) => String(index + 1)),
    selected: source && String(search[kind] ?? ""),
    select: (key) => change({ ...CLOSED, [kind]: key === undefined ? undefined : Number(key) }, true),
  });

  if (collections.length === 0 && !search.execution) return <NothingToAsk />;
  const first = answer?.collection ?? search.collection ?? collections[0]?.name ?? "";
  return (
    <WithPanel
      panel={
        source && (
          <SourceColumn>
            <SourcePanel
              key={source.version.document_id}
              documentId={source.version.document_id}
              number={source.version.number}
              span={{ start: source.start, end: source.end }}
              view={search.view}
              onView={(view) => change({ view: view === "pages" ? undefined : view }, true)}
              onClose={() => change(CLOSED)}
            />
          </SourceColumn>
        )
      }
    >
      <div className="mx-auto flex max-w-3xl flex-col gap-5">
        <QuestionForm
          key={`${search.execution ?? "new"}/${isLoading ? "loading" : ""}`}
          namespace={namespace}
          collections={collections}
          initial={{ question: answer?.question ?? search.q ?? "", collection: first, strategy: answer?.strategy ?? search.strategy ?? "default", filters: answer?.filters ?? null }}
          busy={busy}
          onAsk={(question, collection, strategy, filters) => ask({ namespace, question, collection, strategy, filters })}
          onStop={stop}
        />
        {error !== null && error !== undefined && <ErrorState error={error} />}
        {isLoading && <Skeleton lines={5} />}
        {answer ? (
          <>
            {answer.follows && (
              <ol aria-label="Conversation" className="flex flex-col gap-2">
                <Earlier execution={answer.follows} />
              </ol>
            )}
            <AnswerCard answer={answer} cite={search.cite} onCite={(n) => change({ ...CLOSED, cite: n })} />
            {answer.phase === "done" && answer.executionId && (
              <FollowUp
                key={answer.executionId}
                onAsk={(question) =>
                  ask({
                    namespace,
                    question,
                    collection: answer.collection,
                    strategy: answer.strategy,
                    filters: answer.filters,
                    follows: answer.executionId ?? undefined,
                  })
                }
              />
            )}
            {showsPassages && <Nearest answer={answer} selected={search.passage} onOpen={(n) => change({ ...CLOSED, passage: n })} />}
            {answer.phase === "done" && answer.executionId && (
              <Why
                answer={answer}
                executionId={answer.executionId}
                expected={search.expected ? { ...search, document: search.expected } : undefined}
                onExpect={({ document, words, from, to }) => change({ expected: document, words, from, to })}
              />
            )}
          </>
        ) : (
          !isLoading && !error && <First isErased={search.execution !== undefined} />
        )}
      </div>
    </WithPanel>
  );
}

function Nearest({ answer, selected, onOpen }: { answer: AnswerSoFar; selected: number | undefined; onOpen: (n: number) => void }) {
  if (answer.passages.length === 0) return null;
  return (
    <section aria-labelledby="nearest" className="flex flex-col gap-2">
      <h2 id="nearest" className="font-semibold">
        Nearest passages
      </h2>
      <RelevanceNote />
      {answer.passages.map((passage, index) => (
        <PassageCard
          key={`${passage.version.version_id}:${passage.start}`}
          passage={passage}
          rank={index + 1}
          words={answer.question}
          isSelected={selected === index + 1}
          onOpen={() => onOpen(index + 1)}
        />
      ))}
    </section>
  );
}

function First({ isErased }: { isErased: boolean }) {
  if (isErased) {
    return (
      <EmptyState icon={MessageCircleQuestion} title="There is no answer to show">
        This execution is none of a question, or its content was erased.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={MessageCircleQuestion} title="Ask a whole question">
      Name what you ask about: “When was the lighthouse of Karsund built?” finds more than “lighthouse date”. Click a number in
      the answer to see the sentence where it stands.
    </EmptyState>
  );
}

function NothingToAsk() {
  return (
    <EmptyState
      icon={Library}
      title="There is nothing to ask yet"
      action={
        <Link to="/documents" className={buttonClasses("primary")}>
          Add documents
        </Link>
      }
    >
      Answers are made of sentences of your own documents. Add some first.
    </EmptyState>
  );
}
