import { useQuery } from "@tanstack/react-query";
import { modelsQuery, useCan } from "../../api/queries";
import { SelectField } from "../../components/Field";

/** Chooses a model; none means the version's own, or the engine's default. */
export function ModelField({ own, value, onChange, label = "Model" }: {
  /** What is used when nothing is chosen. */
  own: string | undefined;
  value: string | undefined;
  onChange: (model: string | undefined) => void;
  label?: string;
}) {
  const mayRead = useCan("providers:read");
  const { data = [] } = useQuery({ ...modelsQuery, enabled: mayRead });
  const names = [...new Set([...data.map((model) => model.name), ...(value ? [value] : [])])];
  return (
    <SelectField label={label} value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
      <option value="">{own ? `${own} (the version's)` : "The engine's default"}</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
