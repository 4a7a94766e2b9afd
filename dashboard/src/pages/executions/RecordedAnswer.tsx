import { Link, useNavigate } from "@tanstack/react-router";
import { PassageCard } from "../documents/PassageCard";
import type { AnswerSoFar } from "../ask/answer";
import { AnswerCard } from "../ask/AnswerCard";
import { RelevanceNote } from "../ask/Confidence";

/** A question and its answer as on the page Ask, where a citation or passage opens in its source. */
export function RecordedAnswer({ answer }: { answer: AnswerSoFar }) {
  const navigate = useNavigate();
  const open = (at: { cite?: number; passage?: number }) =>
    void navigate({ to: "/ask", search: { execution: answer.executionId ?? undefined, ...at } });
  return (
    <div className="flex flex-col gap-3">
      <AnswerCard answer={answer} cite={undefined} onCite={(cite) => open({ cite })} />
      {answer.refused && answer.passages.length > 0 && (
        <section aria-labelledby="nearest" className="flex flex-col gap-2">
          <h3 id="nearest" className="font-semibold">Nearest passages</h3>
          <RelevanceNote />
          {answer.passages.map((passage, index) => (
            <PassageCard
              key={`${passage.version.version_id}:${passage.start}`}
              passage={passage}
              rank={index + 1}
              words={answer.question}
              isSelected={false}
              onOpen={() => open({ passage: index + 1 })}
            />
          ))}
        </section>
      )}
      <Link to="/ask" search={{ execution: answer.executionId ?? undefined }} className="self-start text-sm text-accent-ink hover:underline">
        Open on the page Ask, beside its sources
      </Link>
    </div>
  );
}
