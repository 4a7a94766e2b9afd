import { CheckField, SelectField } from "../../components/Field";
import { Advanced } from "./Advanced";
import { NumberField } from "./NumberField";
import { type Body, type Group, type Option, type Value, TITLES, changed, offered, valueOf } from "./options";

/** The options of one group; each change is a new body. */
export function OptionFields({ group, body, onChange }: { group: Group; body: Body; onChange: (body: Body) => void }) {
  const all = offered(body, group);
  const advanced = all.filter(({ isAdvanced }) => isAdvanced);
  const field = (option: Option) => (
    <OptionField key={option.name} option={option} value={valueOf(body, option)} onChange={(value) => onChange(changed(body, option, value))} />
  );
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">{TITLES[group]}</legend>
      {all.filter(({ isAdvanced }) => !isAdvanced).map(field)}
      {advanced.length > 0 && <Advanced isOpen={advanced.some((option) => valueOf(body, option) !== option.initial)}>{advanced.map(field)}</Advanced>}
    </fieldset>
  );
}

function OptionField({ option, value, onChange }: { option: Option; value: Value; onChange: (value: Value) => void }) {
  if (option.sort === "switch") {
    return (
      <CheckField label={option.label} hint={option.hint} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
    );
  }
  if (option.sort === "choice") {
    return (
      <SelectField label={option.label} hint={option.hint} value={String(value)} onChange={(event) => onChange(event.target.value)}>
        {option.choices.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </SelectField>
    );
  }
  return (
    <>
      {option.mayBeOff && (
        <CheckField
          label="Choose passages that differ"
          checked={value !== null}
          onChange={(event) => onChange(event.target.checked ? option.initial : null)}
        />
      )}
      {value !== null && (
        <NumberField label={option.label} hint={option.hint} range={option} value={Number(value)} onChange={onChange} />
      )}
    </>
  );
}
