import { SelectField, TextField } from "../../components/Field";
import { NumberField } from "./NumberField";
import { type Body, CANDIDATES, RERANKINGS, reordered } from "./options";

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
        </>
      )}
    </fieldset>
  );
}
