import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { TextArea } from "../../../components/Field";
import { useKeys } from "../../../components/keys";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import type { PlaceSearch } from "../routes";
import { type DraftedQuestion, judgeQuestion } from "./queries";
import { STATE_WORDS, verdictOf } from "./words";

interface QuestionPanelProps {
  question: DraftedQuestion;
  onJudged: () => Promise<void>;
  onOpen: (place: PlaceSearch & { document: string }) => void;
  onClose: () => void;
}

/** One drafted question with the sentence that it was worded about, and a person's verdict on it. */
export function QuestionPanel({ question, onJudged, onOpen, onClose }: QuestionPanelProps) {
  const mayJudge = useCan("evaluations:label");
  const [written, setWritten] = useState(question.question ?? "");
  const { isBusy, error, attempt } = useAttempt();
  const { version, start, end, before, sentence, after } = question;
  const hasWords = written.trim() !== "";

  function judge(verdict: "accepted" | "rejected") {
    return attempt(async () => {
      await judgeQuestion(question, verdictOf(question, verdict, written));
      announce(`${STATE_WORDS[verdict]}.`);
      await onJudged();
    });
  }
  useKeys(
    {
      a: () => {
        if (hasWords) void judge("accepted");
      },
      r: () => void judge("rejected"),
    },
    mayJudge && !isBusy,
  );

  return (
    <SidePanel title={`Question ${question.position}`} onClose={onClose}>
      <div className="flex flex-col gap-4 text-sm">
        <section aria-label="Sentence" className="rounded-md border border-line p-3">
          {sentence === null ? (
            <p className="text-muted">The document was erased.</p>
          ) : (
            <p className="break-words whitespace-pre-wrap text-muted">
              {before}
              <mark className="rounded-sm bg-mark px-0.5 text-ink">{sentence}</mark>
              {after}
            </p>
          )}
          <button
            type="button"
            className="mt-2 max-w-full truncate text-xs text-accent-ink hover:underline"
            onClick={() => onOpen({ document: version.document_id, version: version.number, start, end })}
          >
            {version.document}
          </button>
        </section>
        {mayJudge ? (
          <>
            <TextArea
              label="Question"
              hint={question.question === null ? `The model wrote none${question.fault ? ` (${question.fault})` : ""}: write one, or reject it.` : "Does the sentence answer it, alone and fully? Word it better where it does not."}
              value={written}
              rows={3}
              onChange={(event) => setWritten(event.target.value)}
            />
            <Failure error={error} />
            <div className="flex flex-wrap items-center gap-2">
              <Button look="primary" icon={Check} busy={isBusy} disabled={!hasWords} onClick={() => void judge("accepted")}>Accept</Button>
              <Button icon={X} busy={isBusy} onClick={() => void judge("rejected")}>Reject</Button>
              <span className="text-xs text-muted">Keys: A accepts, R rejects, J and K step.</span>
            </div>
          </>
        ) : (
          <p className="text-base font-semibold break-words">{question.question}</p>
        )}
        <p className="text-xs text-muted">
          {STATE_WORDS[question.state]}.{" "}
          {question.execution_id && (
            <Link to="/executions/$executionId" params={{ executionId: question.execution_id }} className="text-accent-ink hover:underline">
              The prompt's run
            </Link>
          )}
        </p>
      </div>
    </SidePanel>
  );
}
