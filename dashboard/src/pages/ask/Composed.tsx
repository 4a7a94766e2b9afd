import type { Schema } from "../../api/client";

type Cut = Schema<"CutStatement">;

const FAULTS: Record<Cut["fault"], string> = {
  no_statement: "says nothing that could be checked",
  added_words: "says something that no source says",
  added_number: "names a number that no source names",
  added_name: "names somebody or something that no source names",
  relation: "puts things in another relation than the source does",
  condition: "drops or adds a condition",
  denial: "denies what the source says, or says what it denies",
  rearranged: "puts the words in an order that says something else",
  repeated: "says again what was said",
};

/** What came of letting a model write: what was cut and why, and whether the sentences themselves had to do. */
export function Composed({ composition }: { composition: Schema<"Composition"> }) {
  const { cut = [], is_used, completed, error_code, tokens, left_out: leftOut = [] } = composition;
  const unread = leftOut.filter((one) => one.reason === "budget").length;
  const hasRead = tokens !== 0;
  return (
    <div className="flex flex-col gap-1 text-sm text-muted">
      {error_code && <p>The model failed ({error_code}); {is_used ? "this is what it wrote before" : "these are the sentences themselves"}.</p>}
      {!hasRead && <p>Not one sentence fits into the strategy’s tokens for the model; these are the sentences themselves.</p>}
      {hasRead && unread > 0 && <p>The model was shown {tokens} tokens; {unread === 1 ? "1 sentence" : `${unread} sentences`} did not fit.</p>}
      {!error_code && hasRead && !is_used && <p>No source bears out what the model wrote; these are the sentences themselves.</p>}
      {completed && <p>The last sentence was added: the model left out what answers best.</p>}
      {cut.length > 0 && (
        <details>
          <summary className="cursor-pointer rounded hover:text-ink">
            {cut.length === 1 ? "1 sentence of the model was cut" : `${cut.length} sentences of the model were cut`}
          </summary>
          <ul className="mt-1 flex flex-col gap-1 border-l-2 border-line pl-3">
            {cut.map((one, index) => (
              <li key={index} className="break-words">
                <s>{one.text}</s> <span className="whitespace-nowrap">({FAULTS[one.fault]})</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
