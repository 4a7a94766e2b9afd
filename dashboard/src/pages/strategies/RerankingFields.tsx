import { useState } from "react";
import { SelectField, TextField } from "../../components/Field";
import { type Body, RERANKINGS, type RerankingKind, reordered } from "./options";

/** What puts passages into another order before sentences are chosen from them. */
export function RerankingFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const now = body.reranking;
  const [kind, setKind] = useState<RerankingKind | null>(now?.kind ?? null);
  const [named, setNamed] = useState(now?.kind === "model" ? now.prompt : (now?.model ?? ""));
  const [candidates, setCandidates] = useState(now?.candidates ?? null);

  function change(next: RerankingKind | null, name: string, most: number | null) {
    setKind(next);
    setNamed(name);
    setCandidates(most);
    onChange(reordered(body, next, name.trim(), most));
  }

  const isModel = kind === "model";
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Ordering</legend>
      <SelectField
        label="Order passages by"
        hint="Before sentences are chosen from the first"
        value={kind ?? ""}
        onChange={(event) => change(RERANKINGS.find(([name]) => name === event.target.value)?.[0] ?? null, "", null)}
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
            onChange={(event) => change(kind, event.target.value, candidates)}
          />
          <TextField
            label="Passages it reads"
            type="number"
            min={isModel ? 2 : 1}
            max={isModel ? 50 : 100}
            step={1}
            placeholder={isModel ? "10" : "30"}
            value={candidates === null ? "" : String(candidates)}
            onChange={(event) => {
              const given = event.target.valueAsNumber;
              change(kind, named, Number.isNaN(given) ? null : Math.min(isModel ? 50 : 100, Math.max(isModel ? 2 : 1, Math.round(given))));
            }}
          />
        </>
      )}
    </fieldset>
  );
}
