import { Link } from "@tanstack/react-router";
import { CircleHelp, History, LoaderCircle } from "lucide-react";
import { Badge } from "../../components/Badge";
import { CopyButton } from "../../components/CopyButton";
import { ErrorState } from "../../components/States";
import { type AnswerSoFar, adviceOf, madeOf, placeOf, refusalOf } from "./answer";
import { AnswerText, Sentence } from "./AnswerText";
import { Composed } from "./Composed";
import { Confidence } from "./Confidence";
import { answerMarkdown } from "./markdown";
import { narrowingOf } from "./narrowing";

interface AnswerCardProps {
  answer: AnswerSoFar;
  /** The citation that is open. */
  cite: number | undefined;
  onCite: (n: number) => void;
}

/** Question and answer; each sentence ends in the number that opens where it stands. */
export function AnswerCard({ answer, cite, onCite }: AnswerCardProps) {
  const { phase, citations, refused } = answer;
  const narrowing = narrowingOf(answer.filters);
  const link = () => new URL(`/ask?execution=${answer.executionId ?? ""}`, window.location.origin).href;
  return (
    <section aria-label="Answer" className="rounded-lg border border-line bg-surface">
      <header className="border-b border-line px-5 py-3">
        <h2 className="text-lg font-semibold break-words">{answer.question}</h2>
        {narrowing !== null && <p className="text-sm break-words text-muted">Asked of documents {narrowing}</p>}
        {answer.context.length > 0 && (
          <p className="text-sm break-words text-muted">Understood together with: {answer.context.join(" ")}</p>
        )}
        {answer.queries.length > 0 && (
          <p className="text-sm break-words text-muted">Also searched for: {answer.queries.join(" · ")}</p>
        )}
        {answer.reranking?.failed && <p className="text-sm break-words text-warn">{answer.reranking.failed}</p>}
      </header>
      <div className="flex flex-col gap-4 px-5 py-4">
        <div aria-live="polite" aria-busy={phase === "asking" || phase === "answering"}>
          {refused ? (
            <>
              <Refused answer={answer} />
              {citations.map((citation) => (
                <p key={citation.n} className="mt-3 border-l-2 border-warn pl-3 text-lg leading-[1.75] break-words">
                  <Sentence text={citation.cited_text} citations={[citation]} cite={cite} onCite={onCite} />
                  <span className="block text-sm text-muted">{placeOf(citation)}</span>
                </p>
              ))}
            </>
          ) : (
            <p className="text-lg leading-[1.75] break-words">
              <AnswerText answer={answer} cite={cite} onCite={onCite} />
              <Waiting phase={phase} />
            </p>
          )}
        </div>
        {phase === "failed" && answer.problem && <ErrorState error={answer.problem} />}
        {phase === "stopped" && <p className="text-sm text-muted">Stopped before the answer was complete.</p>}
        {phase === "done" && answer.composition && <Composed composition={answer.composition} />}
        {phase === "done" && (
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line pt-3 text-sm text-muted">
            {answer.confidence !== null && answer.reasonCode !== "conflicting" && <Confidence value={answer.confidence} />}
            <span className="grow">
              {madeOf(answer)}
            </span>
            {answer.cachedFrom !== null && (
              <Link to="/ask" search={{ execution: answer.cachedFrom }} title="The answer that was given first" className="hover:underline">
                <Badge icon={History}>from the cache</Badge>
              </Link>
            )}
            <CopyButton value={() => answerMarkdown(answer, link())} label="Copy as Markdown" withText />
          </div>
        )}
      </div>
    </section>
  );
}

function Waiting({ phase }: { phase: AnswerSoFar["phase"] }) {
  if (phase !== "asking" && phase !== "answering") return null;
  return (
    <span className="inline-flex items-center gap-2 text-base text-muted">
      <LoaderCircle aria-hidden className="size-4 animate-spin" />
      {phase === "asking" ? "Searching the documents…" : "Checking the sentences…"}
    </span>
  );
}

function Refused({ answer }: { answer: AnswerSoFar }) {
  return (
    <div className="flex gap-3">
      <CircleHelp aria-hidden className="mt-0.5 size-5 shrink-0 text-warn" />
      <div className="flex flex-col gap-1">
        <p className="font-semibold">{refusalOf(answer)}</p>
        {adviceOf(answer).map((text) => <p key={text} className="text-sm text-muted">{text}</p>)}
      </div>
    </div>
  );
}
