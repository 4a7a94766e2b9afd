import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { useCan } from "../../api/queries";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { SelectField } from "../../components/Field";
import { announce } from "../../components/Live";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { withoutPageBreaks } from "../../components/format";
import { TimeAgo } from "../../components/TimeAgo";
import { type CitationSupport, STANDINGS, type Standing, type UnsupportedAnswer, answersQuery } from "./found";
import { standingWords } from "./foundWords";
import type { CollectionSearch } from "./routes";

const NAMES: Record<Standing, string> = { gone: "Gone", nearly: "Nearly the same", verbatim: "Word for word" };
const TONES = { gone: "bad", nearly: "warn", verbatim: "good" } as const;

interface AnswersProps {
  namespace: string;
  collection: string;
  standing: Standing;
  onStanding: (standing: Standing) => void;
  onOpen: (place: Partial<CollectionSearch>) => void;
}

/** Answers whose documents changed, with what became of each citation; a question can be asked again. */
export function UnsupportedAnswers({ namespace, collection, standing, onStanding, onOpen }: AnswersProps) {
  const query = useInfiniteQuery(answersQuery(namespace, collection, standing));
  const answers = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title="Answers whose documents changed"
      flush
      actions={
        <SelectField label="Worst citation" fieldClassName="w-40" value={standing} onChange={(event) => onStanding(event.target.value as Standing)}>
          {STANDINGS.map((one) => (
            <option key={one} value={one}>
              {NAMES[one]}
            </option>
          ))}
        </SelectField>
      }
    >
      {query.isPending ? (
        <Skeleton lines={4} className="p-4" />
      ) : query.error ? (
        <div className="p-4">
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : answers.length === 0 ? (
        <EmptyState title="No such answer">
          When a document changes, the answers that cite it are looked at again. Those that were asked again are left out.
        </EmptyState>
      ) : (
        <ul aria-label="Answers" className="divide-y divide-line">
          {answers.map((answer) => (
            <Answer key={answer.execution_id} {...{ answer, namespace, collection, onOpen }} />
          ))}
        </ul>
      )}
      <LoadMore query={query} />
    </Card>
  );
}

function Answer({ answer, namespace, collection, onOpen }: Pick<AnswersProps, "namespace" | "collection" | "onOpen"> & { answer: UnsupportedAnswer }) {
  return (
    <li className="flex flex-col gap-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-48 grow basis-0">
          <Link to="/executions/$executionId" params={{ executionId: answer.execution_id }} className="font-medium break-words hover:underline">
            {answer.question}
          </Link>
          <p className="text-xs text-muted">
            asked <TimeAgo at={answer.created_at} />
          </p>
        </div>
        <AskAgain {...{ answer, namespace, collection }} />
      </div>
      <ul aria-label="Citations" className="flex flex-col gap-1.5">
        {answer.citations.map((citation) => (
          <Citation key={citation.n} citation={citation} onOpen={onOpen} />
        ))}
      </ul>
    </li>
  );
}

function Citation({ citation, onOpen }: { citation: CitationSupport; onOpen: AnswersProps["onOpen"] }) {
  const { n, standing, place, number } = citation;
  const { start, end } = place ?? citation;
  const open = () =>
    onOpen({ document: citation.document_id, version: place?.number ?? number, start, end, page: undefined, view: undefined });
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
      <Badge tone={TONES[standing]}>{NAMES[standing]}</Badge>
      <span className="min-w-48 grow basis-0 break-words">{withoutPageBreaks(citation.cited_text)}</span>
      <button type="button" className="max-w-full truncate text-xs text-muted hover:underline" onClick={open} aria-label={`Open citation ${n}: ${citation.document}, ${standingWords(citation)}`}>
        {citation.document}: {standingWords(citation)}
      </button>
    </li>
  );
}

function AskAgain({ answer, namespace, collection }: { answer: UnsupportedAnswer; namespace: string; collection: string }) {
  const mayAsk = useCan("ask");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  if (!mayAsk) return null;

  async function ask() {
    setBusy(true);
    try {
      const params = { path: { collection, execution_id: answer.execution_id }, query: { namespace } };
      const again = await call(api.POST("/api/v1/collections/{collection}/unsupported-answers/{execution_id}/again", { params }));
      await client.invalidateQueries({ queryKey: ["documents", namespace, collection, "answers"] });
      await navigate({ to: "/ask", search: { execution: again.execution_id } });
    } catch (error) {
      announce(asProblem(error).message, "bad");
      setBusy(false);
    }
  }

  return (
    <Button icon={RotateCw} busy={busy} onClick={() => void ask()} aria-label={`Ask again: ${answer.question}`}>
      Ask again
    </Button>
  );
}
