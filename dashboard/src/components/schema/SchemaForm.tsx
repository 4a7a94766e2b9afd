import { useEffect, useState } from "react";
import { CheckField, SelectField, TextArea, TextField } from "../Field";
import { type FieldStyle, fieldsOf, isObject, isText, readAs, type Schema, type SchemaField, shownAs, type Values, withValue } from "./fields";

interface SchemaFormProps {
  /** JSON Schema of an object. */
  schema: Schema;
  values: Values;
  onChange: (values: Values) => void;
  /** What is wrong, by the name of the field. */
  faults?: Readonly<Record<string, string>>;
  style?: FieldStyle;
}

/** One control for each property of a schema. */
export function SchemaForm({ schema, values, onChange, faults = {}, style = "values" }: SchemaFormProps) {
  return (
    <div className="flex flex-col gap-3.5">
      {fieldsOf(schema, style).map((field) => (
        <SchemaControl
          key={`${field.name} ${field.kind}`}
          field={field}
          value={values[field.name]}
          fault={faults[field.name]}
          onChange={(value) => onChange(withValue(values, field.name, value))}
        />
      ))}
    </div>
  );
}

interface ControlProps {
  field: SchemaField;
  value: unknown;
  fault: string | undefined;
  onChange: (value: unknown) => void;
}

function SchemaControl(props: ControlProps) {
  const { field, value, fault, onChange } = props;
  const label = field.required ? field.title : `${field.title} (optional)`;
  switch (field.kind) {
    case "object":
      return (
        <fieldset className="rounded-md border border-line p-3">
          <legend className="px-1 text-sm font-medium">{label}</legend>
          <SchemaForm schema={field.schema} values={isObject(value) ? value : {}} onChange={onChange} />
        </fieldset>
      );
    case "boolean":
      return (
        <CheckField
          label={label}
          hint={field.description}
          checked={(value ?? field.schema.default) === true}
          onChange={(event) => onChange(event.target.checked)}
        />
      );
    case "choice":
      return (
        <SelectField
          label={label}
          hint={field.description}
          error={fault}
          isRequired={field.required}
          value={shownAs("choice", value)}
          onChange={(event) => onChange(valueOf(readAs("choice", event.target.value)))}
        >
          <option value="">{"default" in field.schema ? `${String(field.schema.default)} (default)` : "Choose…"}</option>
          {(field.schema.enum as unknown[]).map((choice) => (
            <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
              {typeof choice === "string" ? choice : JSON.stringify(choice)}
            </option>
          ))}
        </SelectField>
      );
    default:
      return <TypedControl {...props} label={label} />;
  }
}

/** A control whose text may be no value yet: it keeps what was typed, and passes on what can be read. */
function TypedControl({ field, value, fault, onChange, label }: ControlProps & { label: string }) {
  const [typed, setTyped] = useState(() => shownAs(field.kind, value));
  const read = readAs(field.kind, typed);
  const own = "fault" in read ? read.fault : fault;

  useEffect(() => {
    // A value that came from elsewhere, such as the URL; typing itself leads here with an equal one.
    const shown = readAs(field.kind, typed);
    if ("value" in shown && JSON.stringify(shown.value ?? "") !== JSON.stringify(value ?? "")) {
      setTyped(shownAs(field.kind, value));
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when the value changes
  }, [value, field.kind]);

  function change(next: string) {
    setTyped(next);
    const result = readAs(field.kind, next);
    if ("value" in result) onChange(result.value === "" ? undefined : result.value);
  }

  const common = {
    label,
    hint: `${field.description ?? ""} ${NOTES[field.kind] ?? ""}`.trim() || undefined,
    error: own,
    isRequired: field.required,
    value: typed,
    placeholder: "default" in field.schema ? shownAs(field.kind, field.schema.default) : undefined,
  };
  const offersEmpty = field.required && isText(field.kind) && typed === "" && (fault !== undefined || value === "");
  const empty = offersEmpty && (
    <CheckField label={`Use empty text for ${field.name}`} checked={value === ""} onChange={(event) => onChange(event.target.checked ? "" : undefined)} />
  );
  if (field.kind === "long-text" || field.kind === "json" || field.kind === "lines") {
    return (
      <div className="flex flex-col gap-1.5">
        <TextArea
          {...common}
          rows={Math.min(10, Math.max(field.kind === "json" ? 3 : 2, typed.split("\n").length))}
          className={field.kind === "json" ? "font-mono text-xs" : ""}
          onChange={(event) => change(event.target.value)}
        />
        {empty}
      </div>
    );
  }
  const isNumber = field.kind === "number" || field.kind === "integer";
  return (
    <div className="flex flex-col gap-1.5">
      <TextField {...common} inputMode={isNumber ? "decimal" : "text"} onChange={(event) => change(event.target.value)} />
      {empty}
    </div>
  );
}

const NOTES: Partial<Record<SchemaField["kind"], string>> = { json: 'JSON, such as ["a", "b"].', lines: "One a line." };

function valueOf(read: ReturnType<typeof readAs>): unknown {
  return "value" in read ? read.value : undefined;
}
