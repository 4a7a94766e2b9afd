import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, SkipForward, X } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { TextArea } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { Failure, Loaded } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import type { PlaceSearch } from "../routes";
import { type DoubtfulAnswer, doubtQuery, giveLabel, type Verdict } from "./queries";
import { DOUBT_WORDS, labelOf, lacking, NO_DRAFT, VERDICT_WORDS, verdictsOf } from "./words";

interface DoubtPanelProps {
  namespace: string;
  collection: string;
  executionId: string;
  onLabelled: () => Promise<void>;
  onOpen: (place: PlaceSearch & { document: string }) => void;
  onClose: () => void;
}

/** One answer in doubt with what it stands on, and the words that a person may give of it. */
export function DoubtPanel(props: DoubtPanelProps) {
  const query = useQuery(doubtQuery(props.namespace, props.collection, props.executionId));
  return (
    <SidePanel title="Answer in doubt" onClose={props.onClose}>
      <Loaded query={query}>{(answer) => <Judging {...props} answer={answer} />}</Loaded>
    </SidePanel>
  );
}

function Judging({ answer, namespace, collection, onLabelled, onOpen }: DoubtPanelProps & { answer: DoubtfulAnswer }) {
  const client = useQueryClient();
  const mayLabel = useCan("evaluations:label");
  const [draft, setDraft] = useState(NO_DRAFT);
  const { isBusy, error, attempt } = useAttempt();
  const verdicts = verdictsOf(answer);
  const fault = lacking(verdicts[0], draft);
  const chosen = answer.passages.findIndex(({ version, start }) => version.version_id === answer.label?.version_id && start === answer.label.start);

  function give(verdict: Verdict) {
    return attempt(async () => {
      await giveLabel(namespace, collection, answer.execution_id, labelOf(verdict, draft, answer.passages));
      await client.invalidateQueries({ queryKey: ["doubts", "one", namespace, collection, answer.execution_id] });
      announce(verdict === "skipped" ? "Skipped; it waits for others." : `Labelled: ${VERDICT_WORDS[verdict].toLowerCase()}.`);
      await onLabelled();
    });
  }

  return (
    <div className="flex flex-col gap-4 text-sm">
      <div className="flex flex-col gap-1.5">
        <h3 className="text-base font-semibold break-words">{answer.question}</h3>
        <div className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
          {answer.doubts.map((doubt) => <Badge key={doubt} tone="warn">{DOUBT_WORDS[doubt]}</Badge>)}
          <span>confidence {answer.confidence.toFixed(2)}, {answer.strategy}</span>
          <Link to="/executions/$executionId" params={{ executionId: answer.execution_id }} className="text-accent-ink hover:underline">
            The whole run
          </Link>
        </div>
      </div>
      {answer.label && (
        <p role="note" className="rounded-md bg-raised px-3 py-2">
          Labelled: {VERDICT_WORDS[answer.label.verdict].toLowerCase()}
          {chosen >= 0 && <>, passage {chosen + 1} answers</>}
          {answer.label.answer && <> with the answer “{answer.label.answer}”</>}. Another label takes its place.
        </p>
      )}
      <section aria-label={answer.refused ? "Refusal" : "Answer"} className="rounded-md border border-line p-3">
        <p className="break-words">{answer.refused ? answer.reason : answer.text}</p>
      </section>
      {answer.citations.length > 0 && (
        <section aria-label="Citations">
          <h4 className="mb-1 font-medium">Citations</h4>
          <ul className="flex flex-col gap-1">
            {answer.citations.map(({ n, version, start, end, cited_text }) => (
              <li key={n} className="break-words">
                [{n}] {cited_text}{" "}
                <Opener label={`Open citation ${n}: ${version.document}`} name={version.document} onOpen={() => onOpen({ document: version.document_id, version: version.number, start, end })} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <Passages answer={answer} chosen={draft.passage} mayChoose={mayLabel} onChoose={(passage) => setDraft({ ...draft, passage })} onOpen={onOpen} />
      {mayLabel && (
        <>
          <TextArea
            label="The answer as it should have been (optional)"
            hint={answer.refused ? "Instead of a passage, or in better words than its own." : "If this one is not supported."}
            value={draft.answer}
            rows={2}
            onChange={(event) => setDraft({ ...draft, answer: event.target.value })}
          />
          <TextArea label="Why (optional)" value={draft.comment} rows={1} onChange={(event) => setDraft({ ...draft, comment: event.target.value })} />
          <Failure error={error} />
          <div className="flex flex-wrap items-center gap-2">
            <Button look="primary" icon={Check} busy={isBusy} disabled={fault !== null} onClick={() => void give(verdicts[0])}>{VERDICT_WORDS[verdicts[0]]}</Button>
            <Button look={answer.refused ? "primary" : "danger"} icon={answer.refused ? Check : X} busy={isBusy} onClick={() => void give(verdicts[1])}>{VERDICT_WORDS[verdicts[1]]}</Button>
            <Button look="quiet" icon={SkipForward} disabled={isBusy} onClick={() => void give("skipped")}>Skip</Button>
            <p role="status" className="text-xs text-muted">{fault}</p>
          </div>
        </>
      )}
    </div>
  );
}

function Passages({ answer, chosen, mayChoose, onChoose, onOpen }: {
  answer: DoubtfulAnswer;
  chosen: number | null;
  mayChoose: boolean;
  onChoose: (passage: number) => void;
  onOpen: DoubtPanelProps["onOpen"];
}) {
  if (answer.passages.length === 0) return null;
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Nearest passages{mayChoose && ": choose the one that answers"}</legend>
      <ul className="divide-y divide-line rounded-md border border-line">
        {answer.passages.map(({ version, start, end, text, page }, place) => (
          <li key={`${version.version_id} ${start}`} className="flex items-start gap-2 px-3 py-2">
            {mayChoose && (
              <input type="radio" name="passage" aria-label={`Passage ${place + 1} answers`} className="mt-1 size-4 shrink-0 accent-accent" checked={chosen === place} onChange={() => onChoose(place)} />
            )}
            <div className="min-w-0 grow">
              <p className="break-words">{text}</p>
              <Opener label={`Open passage ${place + 1}: ${version.document}`} name={page === null ? version.document : `${version.document}, page ${page}`} onOpen={() => onOpen({ document: version.document_id, version: version.number, start, end })} />
            </div>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function Opener({ label, name, onOpen }: { label: string; name: string; onOpen: () => void }) {
  return (
    <button type="button" aria-label={label} className="max-w-full truncate text-xs text-accent-ink hover:underline" onClick={onOpen}>
      {name}
    </button>
  );
}
