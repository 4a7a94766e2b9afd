import { SelectField, TextField } from "../../components/Field";
import { BudgetField } from "./BudgetField";
import { NumberField } from "./NumberField";
import { COMPOSINGS, type Composing, OFFERED, OFFERS, composed } from "./composing";
import type { Body } from "./options";

/** Which prompt makes an answer of the chosen sentences. */
export function ComposingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const { kind = null, prompt = "", sentences = OFFERED, budget_tokens: budget = null } = body.composing ?? {};
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Writing</legend>
      <SelectField
        label="A model"
        hint="Only where there is an answer without it; what the sentences don’t say is cut"
        value={kind ?? ""}
        onChange={(event) => onChange(composed(body, COMPOSINGS.find(([name]) => name === event.target.value)?.[0] ?? null, prompt, sentences))}
      >
        <option value="">does nothing</option>
        {COMPOSINGS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
      {kind !== null && (
        <>
          <TextField
            label="Prompt that writes"
            hint="name@label or name/version; its variable is sentences, and question if it wants that"
            placeholder="compose@production"
            isRequired
            value={prompt}
            onChange={(event) => onChange(composed(body, kind, event.target.value.trim(), sentences))}
          />
          <NumberField label="Sentences offered at most" range={OFFERS} value={sentences} onChange={(next) => onChange(composed(body, kind, prompt, next))} />
          <BudgetField
            label="Tokens of sentences"
            hint="The best ones that fit are offered"
            value={budget}
            onChange={(next) => onChange({ ...body, composing: { kind, prompt, sentences, ...(next !== null && { budget_tokens: next }) } as Composing })}
          />
        </>
      )}
    </fieldset>
  );
}
