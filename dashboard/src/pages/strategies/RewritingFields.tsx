import { useState } from "react";
import { SelectField, TextField } from "../../components/Field";
import { type Body, REWRITINGS, type Rewriting, WORDINGS, reworded } from "./options";

/** Which prompt writes other wordings of a question that are searched too. */
export function RewritingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const [kind, setKind] = useState<Rewriting["kind"] | null>(body.rewriting?.kind ?? null);
  const [prompt, setPrompt] = useState(body.rewriting?.prompt ?? "");
  const [queries, setQueries] = useState(body.rewriting?.queries ?? WORDINGS);

  function choose(given: string) {
    const next = REWRITINGS.find(([name]) => name === given)?.[0] ?? null;
    setKind(next);
    onChange(reworded(body, next, prompt.trim(), queries));
  }

  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Other wordings</legend>
      <SelectField label="Search also for" hint="Written by a prompt before each search" value={kind ?? ""} onChange={(event) => choose(event.target.value)}>
        <option value="">nothing else</option>
        {REWRITINGS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
      {kind !== null && (
        <TextField
          label="Prompt"
          hint="name@label or name/version; its variable is question, and earlier if it wants that"
          placeholder="rewrite@production"
          isRequired
          value={prompt}
          onChange={(event) => {
            setPrompt(event.target.value);
            onChange(reworded(body, kind, event.target.value.trim(), queries));
          }}
        />
      )}
      {kind === "multi_query" && (
        <TextField
          label="Wordings at most"
          type="number"
          min={1}
          max={5}
          step={1}
          value={String(queries)}
          onChange={(event) => {
            const given = event.target.valueAsNumber;
            if (Number.isNaN(given)) return;
            const next = Math.min(5, Math.max(1, Math.round(given)));
            setQueries(next);
            onChange(reworded(body, kind, prompt.trim(), next));
          }}
        />
      )}
    </fieldset>
  );
}
