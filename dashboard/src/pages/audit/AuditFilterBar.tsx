import { X } from "lucide-react";
import { ENGINE } from "../../api/queries";
import { IconButton } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { fromLocal, toLocal } from "../../components/moments";
import { TypedField } from "../../components/TypedField";
import { KNOWN_KINDS } from "./kinds";
import { activeFilters, type AuditFilters, NO_FILTERS } from "./search";

export function AuditFilterBar({ filters, people, onChange }: {
  filters: AuditFilters;
  people: Map<string, string> | undefined;
  onChange: (changes: AuditFilters) => void;
}) {
  return (
    <search aria-label="Filter entries" className="flex flex-wrap items-end gap-2">
      <TypedField
        label="What happened" hideLabel={false} placeholder="label.moved" options={KNOWN_KINDS} className="w-44 max-sm:w-full"
        value={filters.kind} onSettled={(kind) => onChange({ kind })}
      />
      <TypedField
        label="To what (id)" hideLabel={false} className="w-52 max-sm:w-full" value={filters.subject}
        onSettled={(subject) => onChange({ subject })}
      />
      {people ? (
        <SelectField
          label="Who" fieldClassName="w-32" value={filters.actor ?? ""}
          onChange={(event) => onChange({ actor: event.target.value || undefined })}
        >
          <option value="">Anybody</option>
          {[...people].map(([id, name]) => <option key={id} value={id}>{name}</option>)}
          <option value={ENGINE}>the engine</option>
          {filters.actor && filters.actor !== ENGINE && !people.has(filters.actor) && <option value={filters.actor}>{filters.actor}</option>}
        </SelectField>
      ) : (
        <TypedField label="Who (id)" hideLabel={false} value={filters.actor} onSettled={(actor) => onChange({ actor })} />
      )}
      <TextField
        label="From" type="datetime-local" step={1} fieldClassName="w-48" value={toLocal(filters.since)}
        onChange={(event) => onChange({ since: fromLocal(event.target.value) })}
      />
      <TextField
        label="Before" type="datetime-local" step={1} fieldClassName="w-48" value={toLocal(filters.until)}
        onChange={(event) => onChange({ until: fromLocal(event.target.value) })}
      />
      {activeFilters(filters) > 0 && <IconButton icon={X} label="Clear the filters" onClick={() => onChange(NO_FILTERS)} />}
    </search>
  );
}
