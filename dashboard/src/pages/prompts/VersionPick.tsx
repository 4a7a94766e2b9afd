import { useInfiniteQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { SelectField } from "../../components/Field";
import { versionsQuery } from "./queries";

/** Chooses a version by label or number. */
export function VersionPick({ namespace, name, label, value, onChange, hideLabel = true }: {
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
    <SelectField label={label} hideLabel={hideLabel} value={value} onChange={(event) => onChange(event.target.value)} fieldClassName="min-w-44">
      {!known.has(value) && <option value={value}>{value}</option>}
      <optgroup label="Labels">
        {labels.map(({ text, number }) => (
          <option key={text} value={text}>
            {text} → {number}
          </option>
        ))}
      </optgroup>
      <optgroup label="Versions">
        {versions.map((version) => (
          <option key={version.number} value={String(version.number)}>
            {optionText(version)}
          </option>
        ))}
      </optgroup>
    </SelectField>
  );
}

function optionText(version: Schema<"PromptVersion">): string {
  const message = version.message.split("\n")[0] ?? "";
  return `${version.number}${message ? ` · ${message.slice(0, 60)}` : ""}`;
}
