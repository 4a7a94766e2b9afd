import { useInfiniteQuery } from "@tanstack/react-query";
import { SelectField } from "../../../components/Field";
import { VersionSelect } from "../../../components/VersionSelect";
import { datasetsQuery, versionsQuery as datasetVersionsQuery } from "../../datasets/queries";
import { promptsQuery } from "../../prompts/queries";
import { versionsQuery } from "../../versions/queries";
import { namedBy, referenceTo } from "./draft";

interface PickProps {
  namespace: string;
  /** A reference, such as "greet/3". */
  value: string | undefined;
  onChange: (reference: string | undefined) => void;
}

/** Chooses a prompt, and which version of it. */
export function PromptPick({ namespace, value, onChange }: PickProps) {
  const query = useInfiniteQuery(promptsQuery({ namespace }));
  const named = namedBy(value);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <NamePick label="Prompt" names={query.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []} query={query} value={named?.name} onChange={onChange} />
      {named && (
        <VersionSelect
          query={versionsQuery({ kind: "prompt", namespace, name: named.name })}
          label="Version"
          hideLabel={false}
          value={named.choice ?? "latest"}
          onChange={(choice) => onChange(referenceTo({ name: named.name, choice }))}
        />
      )}
    </div>
  );
}

/** Chooses a dataset, and which version of it. */
export function DatasetPick({ namespace, value, onChange }: PickProps) {
  const query = useInfiniteQuery(datasetsQuery(namespace, undefined, undefined));
  const named = namedBy(value);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <NamePick label="Dataset" names={query.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []} query={query} value={named?.name} onChange={onChange} />
      {named && (
        <VersionSelect
          query={datasetVersionsQuery(namespace, named.name)}
          label="Version of the dataset"
          hideLabel={false}
          value={named.choice ?? "latest"}
          onChange={(choice) => onChange(referenceTo({ name: named.name, choice }))}
        />
      )}
    </div>
  );
}

interface Pages {
  hasNextPage: boolean;
  fetchNextPage: () => unknown;
}

const MORE = "\n";

/** A name of a list that comes in pages; the last entry fetches more of it. */
function NamePick({ label, names, query, value, onChange }: {
  label: string;
  names: readonly string[];
  query: Pages;
  value: string | undefined;
  onChange: (name: string | undefined) => void;
}) {
  const known = value === undefined || names.includes(value) ? names : [value, ...names];
  function choose(next: string) {
    if (next === MORE) query.fetchNextPage();
    else onChange(next || undefined);
  }
  return (
    <SelectField label={label} isRequired value={value ?? ""} onChange={(event) => choose(event.target.value)}>
      <option value="">Choose…</option>
      {known.map((name) => <option key={name} value={name}>{name}</option>)}
      {query.hasNextPage && <option value={MORE}>Show more…</option>}
    </SelectField>
  );
}
