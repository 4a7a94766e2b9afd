import { TextField } from "../../components/Field";
import { ConditionFields } from "../documents/metadata/ConditionFields";
import { type Narrowing, dayFault } from "./narrowing";

/** Says which documents are searched; what is empty does not restrict. The last takes the whole width. */
export function NarrowingFields({ narrowing, onChange }: { narrowing: Narrowing; onChange: (next: Narrowing) => void }) {
  return (
    <>
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
        error={dayFault(narrowing)}
        value={narrowing.until}
        onChange={(event) => onChange({ ...narrowing, until: event.target.value })}
      />
      <div className="col-span-full">
        <ConditionFields rows={narrowing.metadata} onChange={(metadata) => onChange({ ...narrowing, metadata })} />
      </div>
    </>
  );
}
