import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { CheckField, SelectField, TextField } from "../../components/Field";
import { LEVELS, type LogFilter } from "./search";

const TYPING_MS = 300;
const LEVEL_WORDS = { debug: "Everything, debug too", info: "Info and above", warning: "Warnings and above", error: "Errors and above", critical: "Critical only" };

/** Level and text, and the exact conditions that came from a line. */
export function LogFilters({ filter, onChange }: { filter: LogFilter; onChange: (next: LogFilter) => void }) {
  return (
    <div role="search" aria-label="Log lines" className="flex flex-wrap items-center gap-2">
      <SearchText value={filter.q ?? ""} onChange={(q) => onChange({ q: q === "" ? undefined : q })} />
      <SelectField
        label="Level"
        hideLabel
        fieldClassName="w-52 max-sm:w-full"
        value={filter.level ?? ""}
        onChange={(event) => onChange({ level: LEVELS.find((level) => level === event.target.value) })}
      >
        <option value="">Every level</option>
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {LEVEL_WORDS[level]}
          </option>
        ))}
      </SelectField>
      <CheckField
        label="Show what the dashboard reads"
        checked={filter.own === true}
        onChange={(event) => onChange({ own: event.target.checked ? true : undefined })}
      />
      <Condition name="event" value={filter.event} onRemove={() => onChange({ event: undefined })} />
      <Condition name="request" value={filter.request} onRemove={() => onChange({ request: undefined })} />
      <Condition name="trace" value={filter.trace} onRemove={() => onChange({ trace: undefined })} />
    </div>
  );
}

/** A text field that reports what was typed when the person stops for a moment. */
function SearchText({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
    // Only typing starts the clock: `onChange` is another function at each render.
  }, [typed]);
  return (
    <TextField
      type="search"
      label="Search in lines"
      hideLabel
      placeholder="Search in lines"
      maxLength={200}
      fieldClassName="min-w-48 grow md:max-w-96"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

function Condition({ name, value, onRemove }: { name: string; value: string | undefined; onRemove: () => void }) {
  if (value === undefined) return null;
  return (
    <button
      type="button"
      onClick={onRemove}
      aria-label={`Remove the condition ${name} ${value}`}
      className="inline-flex h-8 max-w-64 items-center gap-1.5 rounded-md border border-line bg-accent-soft px-2 text-sm text-accent-ink"
    >
      <span>{name}</span>
      <span className="truncate font-mono text-xs">{value}</span>
      <X aria-hidden className="size-3.5 shrink-0" />
    </button>
  );
}
