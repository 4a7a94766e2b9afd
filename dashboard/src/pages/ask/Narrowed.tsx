import { TextField } from "../../components/Field";
import { type Narrowing, filtersOf, impossible, narrowingOf } from "./narrowing";

/** Which documents are asked; closed until somebody wants fewer than all. */
export function Narrowed({ narrowing, onChange }: { narrowing: Narrowing; onChange: (next: Narrowing) => void }) {
  const said = narrowingOf(filtersOf(narrowing));
  return (
    <details className="text-sm">
      <summary className="w-fit cursor-pointer text-muted hover:text-ink">
        {said === null ? "All its documents" : `Only documents ${said}`}
      </summary>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        <TextField
          label="Documents named"
          hint="Patterns, with commas between: docs/*, *.pdf"
          value={narrowing.documents}
          spellCheck={false}
          onChange={(event) => onChange({ ...narrowing, documents: event.target.value })}
        />
        <TextField
          label="Of type"
          hint="text/*, application/pdf"
          value={narrowing.types}
          spellCheck={false}
          onChange={(event) => onChange({ ...narrowing, types: event.target.value })}
        />
        <TextField label="Added since" type="date" value={narrowing.since} onChange={(event) => onChange({ ...narrowing, since: event.target.value })} />
        <TextField
          label="Added until"
          type="date"
          error={impossible(narrowing)}
          value={narrowing.until}
          onChange={(event) => onChange({ ...narrowing, until: event.target.value })}
        />
      </div>
    </details>
  );
}
