import { useQuery } from "@tanstack/react-query";
import { useCan } from "../../api/queries";
import { SelectField, TextField } from "../../components/Field";
import { fromLocal, toLocal } from "../../components/moments";
import { TypedField } from "../../components/TypedField";
import type { FilterProps } from "./Filters";
import { principalsQuery } from "./queries";

/** The rarer conditions. */
export function MoreFilters({ search, onChange, seen }: FilterProps) {
  const people = useQuery(principalsQuery(useCan("identity:read"))).data;
  return (
    <div className="grid grid-cols-2 gap-3 rounded-lg border border-line bg-surface p-3 sm:grid-cols-3 lg:grid-cols-4">
      <TypedField
        label="Version" hideLabel={false} type="number" min={1} value={search.version?.toString()}
        onSettled={(value) => onChange({ version: whole(value) })}
      />
      <TypedField
        label="Label asked for" hideLabel={false} placeholder="production" value={search.label}
        onSettled={(label) => onChange({ label })}
      />
      <TypedField
        label="Model" hideLabel={false} options={seen.models} value={search.model} onSettled={(model) => onChange({ model })}
      />
      {people ? (
        <SelectField label="Run by" value={search.actor ?? ""} onChange={(event) => onChange({ actor: event.target.value || undefined })}>
          <option value="">Anybody</option>
          {[...people].map(([id, name]) => <option key={id} value={id}>{name}</option>)}
          {search.actor && !people.has(search.actor) && <option value={search.actor}>{search.actor}</option>}
        </SelectField>
      ) : (
        <TypedField label="Run by (id)" hideLabel={false} value={search.actor} onSettled={(actor) => onChange({ actor })} />
      )}
      <TextField
        label="Started after" type="datetime-local" step={1} value={toLocal(search.since)}
        onChange={(event) => onChange({ since: fromLocal(event.target.value), period: undefined })}
      />
      <TextField
        label="Started before" type="datetime-local" step={1} value={toLocal(search.until)}
        onChange={(event) => onChange({ until: fromLocal(event.target.value), period: undefined })}
      />
      <TypedField
        label="Took at least (ms)" hideLabel={false} type="number" min={1} value={search.minMs?.toString()}
        onSettled={(value) => onChange({ minMs: whole(value) })}
      />
      <TypedField
        label="Steps of (execution id)" hideLabel={false} value={search.parent} onSettled={(parent) => onChange({ parent })}
      />
    </div>
  );
}

function whole(value: string | undefined): number | undefined {
  const number = Number(value);
  return value && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
