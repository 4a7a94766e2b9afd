import { SelectField, TextField } from "../../components/Field";
import { BudgetField } from "./BudgetField";
import { judgeLabel } from "./faults";
import { NumberField } from "./NumberField";
import { type Body, JUDGES, type Judging, TOKENS, judgedBy } from "./options";

/** Who is asked whether there is an answer, beside the engine's own check. */
export function JudgingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const now = body.judging ?? null;
  const kind = now?.kind ?? null;
  const named = now === null ? "" : now.kind === "model" ? now.prompt : now.model;
  const tokens = now?.kind === "cross_encoder" ? (now.max_tokens ?? null) : null;
  const isModel = kind === "model";
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Judge</legend>
      <SelectField
        label="Whether there is an answer"
        hint="What a judge says is weighed against the engine’s own check; one that fails fails the question"
        value={kind ?? ""}
        onChange={(event) => onChange(judgedBy(body, JUDGES.find(([name]) => name === event.target.value)?.[0] ?? null, "", null))}
      >
        <option value="">says the own check alone</option>
        {JUDGES.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
      {kind !== null && (
        <TextField
          label={judgeLabel(kind)}
          hint={
            isModel
              ? "name@label or name/version; its variables are question and sentences, and passages if it wants them; its output is JSON with pass or score"
              : "The name of a folder that the operator has for it; it has to be trained to say whether a text answers"
          }
          placeholder={isModel ? "judge@production" : "qnli-electra"}
          isRequired
          value={named}
          onChange={(event) => onChange(judgedBy(body, kind, event.target.value.trim(), tokens))}
        />
      )}
      {now?.kind === "model" && (
        <BudgetField
          label="Tokens of passages"
          hint="What stands around the sentences that would be cited, first"
          value={now.budget_tokens ?? null}
          onChange={(next) => onChange({ ...body, judging: { kind: now.kind, prompt: now.prompt, ...(next !== null && { budget_tokens: next }) } as Judging })}
        />
      )}
      {kind === "cross_encoder" && (
        <NumberField
          label="Tokens it reads"
          hint="Of the question and one passage"
          range={TOKENS}
          placeholder="512"
          value={tokens}
          onChange={(next) => onChange(judgedBy(body, kind, named, next))}
          onEmpty={() => onChange(judgedBy(body, kind, named, null))}
        />
      )}
    </fieldset>
  );
}
