/** What the two numbers beside a refusal are, so that nobody reads one as the other. */
export function RelevanceNote() {
  return (
    <p className="text-xs text-muted">
      Relevance ranks the passages of this search, from 0 to 1, whether or not they answer. Confidence is the
      estimated probability that they answer the question.
    </p>
  );
}

/** The estimated probability that the passages answer the question. */
export function Confidence({ value }: { value: number }) {
  return (
    <span
      className="inline-flex items-center gap-2"
      title="Estimated probability that the passages answer the question, from meaning, rare words, and whether what is asked for is there"
    >
      Confidence
      <span
        role="meter"
        aria-label="Confidence"
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={value}
        className="inline-block h-1.5 w-20 overflow-hidden rounded-full bg-raised outline-1 outline-line"
      >
        <span className="block h-full rounded-full bg-accent" style={{ width: `${value * 100}%` }} />
      </span>
      <span className="font-mono text-ink">{value.toFixed(2)}</span>
    </span>
  );
}
