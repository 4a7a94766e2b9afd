import { TextField } from "../../../components/Field";

export interface ColumnNames {
  inputs: string;
  expected: string;
  metadata: string;
  split: string;
}

export const NO_NAMES: ColumnNames = { inputs: "", expected: "expected", metadata: "", split: "split" };

/** What the columns of a file are for that the browser can't read, by their names. */
export function NamedColumns({ names, error, onChange }: { names: ColumnNames; error: string | null; onChange: (names: ColumnNames) => void }) {
  const field = (name: keyof ColumnNames) => ({
    value: names[name],
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange({ ...names, [name]: event.target.value }),
  });
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Columns</legend>
      <p className="text-sm text-muted">The browser does not read Parquet: name the columns.</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Inputs" hint="Commas between; empty for all others." error={error} {...field("inputs")} />
        <TextField label="Metadata" hint="Commas between; kept beside the row." {...field("metadata")} />
        <TextField label="Expected" {...field("expected")} />
        <TextField label="Split" {...field("split")} />
      </div>
    </fieldset>
  );
}

/** Return names as the engine takes them. */
export function columnsByName(names: ColumnNames) {
  const list = (text: string) => text.split(",").map((name) => name.trim()).filter(Boolean);
  const inputs = list(names.inputs);
  return {
    inputs: inputs.length > 0 ? inputs : null,
    expected: names.expected.trim(),
    metadata: list(names.metadata),
    split: names.split.trim(),
  };
}
