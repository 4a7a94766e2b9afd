import { useState } from "react";
import { SelectField, TextField } from "../../components/Field";
import { type Body, COMPOSINGS, type Composing, OFFERED, composed } from "./options";

const MOST = 12;

/** Which prompt makes an answer of the chosen sentences. */
export function ComposingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const [kind, setKind] = useState<Composing["kind"] | null>(body.composing?.kind ?? null);
  const [prompt, setPrompt] = useState(body.composing?.prompt ?? "");
  const [sentences, setSentences] = useState(body.composing?.sentences ?? OFFERED);

  function choose(given: string) {
    const next = COMPOSINGS.find(([name]) => name === given)?.[0] ?? null;
    setKind(next);
    onChange(composed(body, next, prompt.trim(), sentences));
  }

  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Writing</legend>
      <SelectField label="A model" hint="Only where there is an answer without it" value={kind ?? ""} onChange={(event) => choose(event.target.value)}>
        <option value="">does nothing: sentences word for word</option>
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
            onChange={(event) => {
              setPrompt(event.target.value);
              onChange(composed(body, kind, event.target.value.trim(), sentences));
            }}
          />
          <TextField
            label="Sentences offered at most"
            type="number"
            min={1}
            max={MOST}
            step={1}
            value={String(sentences)}
            onChange={(event) => {
              const given = event.target.valueAsNumber;
              if (Number.isNaN(given)) return;
              const next = Math.min(MOST, Math.max(1, Math.round(given)));
              setSentences(next);
              onChange(composed(body, kind, prompt.trim(), next));
            }}
          />
        </>
      )}
    </fieldset>
  );
}
