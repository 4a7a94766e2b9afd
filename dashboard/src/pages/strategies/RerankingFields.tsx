import { SelectField, TextField } from "../../components/Field";
import { Advanced } from "./Advanced";
import { BudgetField } from "./BudgetField";
import { NumberField } from "./NumberField";
import { type Body, CANDIDATES, RERANKINGS, type Reranking, TOKENS, reordered } from "./options";

/** What puts passages into another order before sentences are chosen from them. */
export function RerankingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const now = body.reranking ?? null;
  const kind = now?.kind ?? null;
  const named = now === null ? "" : now.kind === "model" ? now.prompt : now.model;
  const candidates = now?.candidates ?? null;
  const isModel = kind === "model";
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Ordering</legend>
      <SelectField
        label="Order passages by"
        hint="Before sentences are chosen from the first"
        value={kind ?? ""}
        onChange={(event) => onChange(reordered(body, RERANKINGS.find(([name]) => name === event.target.value)?.[0] ?? null, "", null))}
      >
        <option value="">how they were found</option>
        {RERANKINGS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
      {kind !== null && (
        <>
          <TextField
            label={isModel ? "Ordering prompt" : "Cross-encoder"}
            hint={isModel ? "name@label or name/version; its variables are passages and question" : "The name of a folder that the operator has for it"}
            placeholder={isModel ? "order@production" : "ms-marco-minilm-l6"}
            isRequired
            value={named}
            onChange={(event) => onChange(reordered(body, kind, event.target.value.trim(), candidates))}
          />
          <NumberField
            label="Passages it reads"
            hint="As many as Passages at least"
            range={CANDIDATES[kind]}
            placeholder={isModel ? "10" : "30"}
            value={candidates}
            onChange={(next) => onChange(reordered(body, kind, named, next))}
            onEmpty={() => onChange(reordered(body, kind, named, null))}
          />
          {now && <More key={kind} now={now} onChange={(reranking) => onChange({ ...body, reranking })} />}
        </>
      )}
    </fieldset>
  );
}

/** What few change of an ordering. */
function More({ now, onChange }: { now: Reranking; onChange: (next: Reranking) => void }) {
  if (now.kind === "model") {
    const { budget_tokens: budget = null, ...rest } = now;
    return (
      <BudgetField
        label="Tokens in all"
        hint="What does not fit keeps its place behind"
        value={budget}
        onChange={(next) => onChange({ ...rest, ...(next !== null && { budget_tokens: next }) } as Reranking)}
      />
    );
  }
  const { max_tokens: tokens = null, scores = "sigmoid", ...rest } = now;
  const kept = tokens === null ? {} : { max_tokens: tokens };
  return (
    <Advanced isOpen={(tokens !== null && tokens !== 512) || scores !== "sigmoid"}>
      <NumberField
        label="Tokens of each"
        hint="Of the question and one passage"
        range={TOKENS}
        placeholder="512"
        value={tokens}
        onChange={(next) => onChange({ ...rest, scores, max_tokens: next } as Reranking)}
        onEmpty={() => onChange({ ...rest, scores } as Reranking)}
      />
      <SelectField
        label="Its numbers are scaled"
        hint="Over the passages where they are not meant as probabilities"
        value={scores}
        onChange={(event) => onChange({ ...rest, ...kept, scores: event.target.value === "raw" ? "raw" : "sigmoid" } as Reranking)}
      >
        <option value="sigmoid">by the sigmoid</option>
        <option value="raw">over the passages it read</option>
      </SelectField>
    </Advanced>
  );
}
