import { classes } from "../../components/classes";
import { withoutPageBreaks } from "../../components/format";
import { type AnswerSoFar, type Citation, placeOf, sentencesOf, withoutEnd } from "./answer";

interface Opening {
  /** The citation that is open. */
  cite: number | undefined;
  onCite: (n: number) => void;
}

/** The sentences of an answer: quotations, or what a model wrote from them; each ends in the numbers of its citations. */
export function AnswerText({ answer, ...opening }: { answer: AnswerSoFar } & Opening) {
  return sentencesOf(answer).map((one, index) => (
    <Sentence key={index} text={one.text} citations={answer.citations.filter(({ n }) => one.citations.includes(n))} {...opening} />
  ));
}

/** Where a citation stands, and how probably it answers by itself, where that was looked at. */
function titleOf(citation: Citation): string {
  const { support } = citation;
  return support == null ? placeOf(citation) : `${placeOf(citation)}; support ${support.toFixed(2)}`;
}

/** A sentence with its numbers, which never begin a line of their own. */
export function Sentence({ text, citations, cite, onCite }: { text: string; citations: readonly Citation[] } & Opening) {
  const [begin, end] = withoutEnd(withoutPageBreaks(text));
  const marked = classes("rounded-[3px] box-decoration-clone", citations.some(({ n }) => n === cite) && "bg-mark");
  return (
    <span>
      <span className={marked}>{begin}</span>
      <span className="whitespace-nowrap">
        <span className={marked}>{end}</span>
        {citations.map((citation) => (
          <button
            key={citation.n}
            type="button"
            aria-label={`Citation ${citation.n}: ${placeOf(citation)}`}
            aria-pressed={citation.n === cite}
            title={titleOf(citation)}
            onClick={() => onCite(citation.n)}
            className="mx-1 inline-flex h-5 min-w-5 items-center justify-center rounded bg-accent-soft px-1 align-[2px] text-xs font-semibold text-accent-ink hover:bg-accent hover:text-on-accent aria-pressed:bg-accent aria-pressed:text-on-accent"
          >
            {citation.n}
          </button>
        ))}
      </span>{" "}
    </span>
  );
}
