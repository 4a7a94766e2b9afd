import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../../components/Button";
import { SelectField, TextField } from "../../../components/Field";
import { MOST_CONDITIONS, NO_ROW, type Row, conditionFault, conditionsOf } from "./conditions";
import { VALUE_HINT } from "./values";

/** Conditions on metadata, a row each; all must hold. */
export function ConditionFields({ rows, onChange }: { rows: readonly Row[]; onChange: (rows: Row[]) => void }) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">With metadata</legend>
      {rows.map((row, place) => (
        <Condition
          key={place}
          number={place + 1}
          row={row}
          onChange={(next) => onChange(rows.map((one, at) => (at === place ? { ...one, ...next } : one)))}
          onRemove={() => onChange(rows.filter((_, at) => at !== place))}
        />
      ))}
      <div>
        <Button icon={Plus} disabled={rows.length >= MOST_CONDITIONS} onClick={() => onChange([...rows, NO_ROW])}>
          Add a condition
        </Button>
      </div>
      {rows.length > 0 && <p className="text-xs text-muted">All must hold. {VALUE_HINT}</p>}
    </fieldset>
  );
}

function Condition({ number, row, onChange, onRemove }: { number: number; row: Row; onChange: (next: Partial<Row>) => void; onRemove: () => void }) {
  const [said] = conditionsOf([row]);
  const fault = said === undefined ? null : conditionFault(said);
  const value = (label: string, name: "values" | "low" | "high", placeholder: string) => (
    <TextField
      label={`${label} of condition ${number}`}
      hideLabel
      placeholder={placeholder}
      fieldClassName="grow basis-20"
      spellCheck={false}
      value={row[name]}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  );
  return (
    <div>
      <div className="flex flex-wrap items-center gap-2">
        <TextField
          label={`Key of condition ${number}`}
          hideLabel
          placeholder="key"
          fieldClassName="grow basis-24"
          spellCheck={false}
          value={row.key}
          onChange={(event) => onChange({ key: event.target.value })}
        />
        <SelectField
          label={`Kind of condition ${number}`}
          hideLabel
          fieldClassName="w-32"
          value={row.kind}
          onChange={(event) => onChange({ kind: event.target.value as Row["kind"] })}
        >
          <option value="one_of">is one of</option>
          <option value="range">is between</option>
        </SelectField>
        <div className="flex min-w-0 grow basis-48 items-center gap-2">
          {row.kind === "one_of" ? (
            value("Values", "values", "ops, dev")
          ) : (
            <>
              {value("From", "low", "from 2020")}
              {value("To", "high", "to 2024")}
            </>
          )}
          <IconButton icon={X} label={`Remove condition ${number}`} onClick={onRemove} />
        </div>
      </div>
      {fault !== null && <p role="status" className="mt-1 text-xs text-bad">{fault}</p>}
    </div>
  );
}
