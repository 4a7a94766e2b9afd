import { type InfiniteData, type QueryKey, useInfiniteQuery, type UseInfiniteQueryOptions } from "@tanstack/react-query";
import { SelectField } from "./Field";

interface Version {
  number: number;
  labels: readonly string[];
  message: string;
}

/** How the versions of one artifact are asked for, page by page. */
export type VersionsQuery<Page, Key extends QueryKey> = UseInfiniteQueryOptions<Page, Error, InfiniteData<Page>, Key, string | null>;

/** Chooses a version of an artifact by label or number. */
export function VersionSelect<Page extends { items: readonly Version[] }, Key extends QueryKey>({ query, label, value, onChange, hideLabel = true }: {
  query: VersionsQuery<Page, Key>;
  label: string;
  value: string;
  onChange: (choice: string) => void;
  hideLabel?: boolean;
}) {
  const { data } = useInfiniteQuery(query);
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  const labels = versions.flatMap((version) => version.labels.map((text) => ({ text, number: version.number })));
  const known = new Set([...labels.map((item) => item.text), ...versions.map((version) => String(version.number))]);
  return (
    <SelectField label={label} hideLabel={hideLabel} value={value} onChange={(event) => onChange(event.target.value)} fieldClassName="min-w-44">
      {!known.has(value) && <option value={value}>{value}</option>}
      <optgroup label="Labels">
        {labels.map(({ text, number }) => <option key={text} value={text}>{text} → {number}</option>)}
      </optgroup>
      <optgroup label="Versions">
        {versions.map((version) => <option key={version.number} value={String(version.number)}>{optionText(version)}</option>)}
      </optgroup>
    </SelectField>
  );
}

function optionText({ number, message }: Version): string {
  const first = message.split("\n")[0] ?? "";
  return first ? `${number} · ${first.slice(0, 60)}` : String(number);
}
