import { SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { SelectField } from "../../components/Field";
import { TypedField } from "../../components/TypedField";
import { KNOWN_KINDS, kindName } from "./labels";
import { MoreFilters } from "./MoreFilters";
import { activeFilters, activeMore, type ExecutionFilters, NO_FILTERS, type Period, STATUSES, type Status } from "./search";

const PERIOD_NAMES: Record<Period, string> = {
  "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days",
};

export interface FilterProps {
  search: ExecutionFilters;
  onChange: (changes: ExecutionFilters) => void;
  /** Names to offer, from what is on the page; others can be typed. */
  seen: { kinds: string[]; artifacts: string[]; models: string[] };
}

export function Filters({ search, onChange, seen }: FilterProps) {
  const more = activeMore(search);
  const [isOpen, setOpen] = useState(more > 0);
  const kinds = [...new Set([...KNOWN_KINDS, ...seen.kinds, ...(search.kind ? [search.kind] : [])])];
  return (
    <search className="flex flex-col gap-3" aria-label="Filter executions">
      <div className="flex flex-wrap items-end gap-2">
        <TypedField
          label="Text in the inputs" type="search" placeholder="Search inputs…" className="w-40 max-sm:w-full"
          value={search.q} onSettled={(q) => onChange({ q })}
        />
        <SelectField
          label="Status" hideLabel value={search.status ?? ""} fieldClassName="w-36"
          onChange={(event) => onChange({ status: (event.target.value || undefined) as Status | undefined })}
        >
          <option value="">Any status</option>
          {STATUSES.map((status) => <option key={status}>{status}</option>)}
        </SelectField>
        <SelectField
          label="Kind" hideLabel value={search.kind ?? ""} fieldClassName="w-36"
          onChange={(event) => onChange({ kind: event.target.value || undefined })}
        >
          <option value="">Any kind</option>
          {kinds.map((kind) => <option key={kind} value={kind}>{kindName(kind)}</option>)}
        </SelectField>
        <TypedField
          label="Name of what ran" placeholder="Name" className="w-40" options={seen.artifacts}
          value={search.artifact} onSettled={(artifact) => onChange({ artifact })}
        />
        <SelectField
          label="Time" hideLabel value={search.period ?? ""} fieldClassName="w-36"
          onChange={(event) =>
            onChange({ period: (event.target.value || undefined) as Period | undefined, since: undefined, until: undefined })
          }
        >
          <option value="">{search.since || search.until ? "Chosen times" : "Any time"}</option>
          {Object.entries(PERIOD_NAMES).map(([period, name]) => <option key={period} value={period}>{name}</option>)}
        </SelectField>
        <Button look="quiet" icon={SlidersHorizontal} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          More filters{more > 0 && ` (${more})`}
        </Button>
        {activeFilters(search) > 0 && (
          <IconButton icon={X} label="Clear the filters" onClick={() => onChange(NO_FILTERS)} />
        )}
      </div>
      {isOpen && <MoreFilters {...{ search, onChange, seen }} />}
    </search>
  );
}
