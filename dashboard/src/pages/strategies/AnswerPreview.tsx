import { useQuery } from "@tanstack/react-query";
import { LoaderCircle, MessageCircleQuestion } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { withoutPageBreaks } from "../../components/format";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { EmptyState, Loaded } from "../../components/States";
import { Confidence } from "../ask/Confidence";
import { Judging } from "../ask/Judging";
import { Reranking } from "../ask/Reranking";
import { type Body, rankIn } from "./options";
import { type AnswerPreview as Preview, answerPreviewQuery } from "./queries";

interface AnswerPreviewProps {
  collection: string;
  question: string;
  /** What is asked now, and what the form says. */
  now: Body;
  draft: Body;
  nowName: string;
  onQuestion: (question: string) => void;
}

/** One question answered by two strategies, side by side. */
export function AnswerPreview({ collection, question, now, draft, nowName, onQuestion }: AnswerPreviewProps) {
  const namespace = useNamespace();
  const [typed, setTyped] = useState(question);
  const before = useQuery(answerPreviewQuery(namespace, collection, question, now));
  const after = useQuery(answerPreviewQuery(namespace, collection, question, draft));

  function submit(event: FormEvent) {
    event.preventDefault();
    onQuestion(typed.trim());
  }

  return (
    <div className="flex flex-col gap-4">
      <form onSubmit={submit} className="flex items-end gap-3">
        <TextField label="Question" fieldClassName="grow" maxLength={4000} value={typed} onChange={(event) => setTyped(event.target.value)} />
        <Button type="submit" disabled={typed.trim() === ""}>Try</Button>
      </form>
      {question === "" ? (
        <EmptyState icon={MessageCircleQuestion} title="Ask something">
          The answer of the strategy as it is, and as it would be, stand side by side and follow what you change. Only runs of prompts are recorded.
        </EmptyState>
      ) : (
        <div className="grid gap-4 lg:grid-cols-2">
          <Loaded query={before}>{(found) => <Side title={nowName} found={found} writes={Boolean(now.composing)} isBusy={before.isPlaceholderData} />}</Loaded>
          <Loaded query={after}>{(found) => <Side title="As written here" found={found} before={before.data} writes={Boolean(draft.composing)} isBusy={after.isPlaceholderData} />}</Loaded>
        </div>
      )}
    </div>
  );
}

function Side({ title, found, before, writes, isBusy }: {
  title: string;
  found: Preview;
  before?: Preview | undefined;
  /** A model would write the answer, which is not tried here. */
  writes: boolean;
  /** What is shown is from before the last change. */
  isBusy: boolean;
}) {
  return (
    <section aria-label={title} aria-busy={isBusy} className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="grow font-semibold">{title}</h3>
        <span role="status" className="text-xs text-muted">
          {isBusy ? (
            <span className="flex items-center gap-1.5"><LoaderCircle aria-hidden className="size-4 animate-spin" /> Trying it…</span>
          ) : (
            <Confidence value={found.confidence} />
          )}
        </span>
      </div>
      {found.refused ? (
        <p className="text-sm">
          <Badge tone="warn">refused</Badge> <span className="text-muted">{found.reason}</span>
        </p>
      ) : (
        <p className="leading-relaxed break-words">
          {found.sentences.map((one) => (
            <span key={`${one.passage}:${one.start}`}>{withoutPageBreaks(one.text)} <span className="text-xs text-muted">[{one.passage}]</span> </span>
          ))}
        </p>
      )}
      {writes && !found.refused && (
        <p className="text-sm text-muted">The model that writes is not tried here: ask with the pushed strategy to read its text.</p>
      )}
      {(found.queries ?? []).length > 0 && (
        <p className="text-sm break-words text-muted">Also searched for: {(found.queries ?? []).join(" · ")}</p>
      )}
      {found.reranking && <Reranking report={found.reranking} />}
      <Judging judging={found.judging} own={found.own_confidence} />
      <ol aria-label={`Passages of ${title}`} className="flex flex-col divide-y divide-line border-t border-line">
        {found.passages.map((passage, place) => (
          <li key={`${passage.version.version_id}:${passage.start}`} className="flex gap-2 py-2 text-sm">
            <span className="w-5 shrink-0 text-right font-mono text-xs text-faint">{place + 1}</span>
            <span className="min-w-0 grow">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-medium break-all">{passage.version.document}</span>
                <span className="font-mono text-xs text-muted">{passage.score.toFixed(2)}</span>
                {passage.reranked && (
                  <span className="text-xs text-muted">
                    found as {passage.reranked.rank_before} with <span className="font-mono">{passage.reranked.score_before.toFixed(2)}</span>
                    {typeof passage.reranked.score === "number" && <>, model <span className="font-mono">{passage.reranked.score.toFixed(2)}</span></>}
                  </span>
                )}
                {before && <Moved rank={place + 1} was={rankIn(before.passages, passage)} />}
              </span>
              <span className="line-clamp-2 break-words text-muted">{withoutPageBreaks(passage.text)}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Moved({ rank, was }: { rank: number; was: number | null }) {
  if (was === rank) return null;
  return <Badge tone={was === null ? "good" : "neutral"}>{was === null ? "new" : `was ${was}`}</Badge>;
}
