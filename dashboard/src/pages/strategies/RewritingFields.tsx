import { SelectField, TextField } from "../../components/Field";
import { NumberField } from "./NumberField";
import { type Body, COUNTED, REWRITINGS, WORDINGS, WORDINGS_RANGE, reworded } from "./options";

/** Which prompt writes other wordings of a question that are searched too. */
export function RewritingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const { kind = null, prompt = "", queries = WORDINGS } = body.rewriting ?? {};
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Other wordings</legend>
      <SelectField
        label="Search also for"
        hint="Written by a prompt before each search"
        value={kind ?? ""}
        onChange={(event) => onChange(reworded(body, REWRITINGS.find(([name]) => name === event.target.value)?.[0] ?? null, prompt, queries))}
      >
        <option value="">nothing else</option>
        {REWRITINGS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
      {kind !== null && (
        <TextField
          label="Prompt"
          hint="name@label or name/version; its variable is question, and earlier if it wants that; of several hops found, too"
          placeholder="rewrite@production"
          isRequired
          value={prompt}
          onChange={(event) => onChange(reworded(body, kind, event.target.value.trim(), queries))}
        />
      )}
      {kind !== null && COUNTED.has(kind) && (
        <NumberField label={kind === "multi_hop" ? "Hops at most" : "Wordings at most"} range={WORDINGS_RANGE} value={queries} onChange={(next) => onChange(reworded(body, kind, prompt, next))} />
      )}
    </fieldset>
  );
}
