import { useInfiniteQuery } from "@tanstack/react-query";
import { SelectField } from "../../components/Field";
import { versionsQuery } from "./queries";

/** Chooses a version of a dataset by label or number. */
export function VersionSelect({ namespace, name, label, value, onChange, hideLabel = true }: {
  namespace: string;
  name: string;
  label: string;
  value: string;
  onChange: (choice: string) => void;
  hideLabel?: boolean;
}) {
  const { data } = useInfiniteQuery(versionsQuery(namespace, name));
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  const labels = versions.flatMap((version) => version.labels.map((text) => ({ text, number: version.number })));
  const known = new Set([...labels.map((item) => item.text), ...versions.map((version) => String(version.number))]);
  return (
    <SelectField label={label} hideLabel={hideLabel} value={value} onChange={(event) => onChange(event.target.value)} fieldClassName="min-w-40">
      {!known.has(value) && <option value={value}>{value}</option>}
      <optgroup label="Labels">
        {labels.map(({ text, number }) => <option key={text} value={text}>{text} → {number}</option>)}
      </optgroup>
      <optgroup label="Versions">
        {versions.map(({ number, message }) => (
          <option key={number} value={String(number)}>{message ? `${number} · ${message.slice(0, 60)}` : number}</option>
        ))}
      </optgroup>
    </SelectField>
  );
}
