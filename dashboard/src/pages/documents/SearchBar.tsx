import { Search, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { CheckField, SelectField, TextField } from "../../components/Field";
import { type IndexingState, STATES } from "./queries";
import type { CollectionSearch } from "./routes";
import { stateWord } from "./StateBadge";

const CLOSED = { document: undefined, version: undefined, page: undefined, start: undefined, end: undefined, view: undefined };

/** Searches the passages of a collection, and narrows the list of its documents. */
export function SearchBar({ search, onChange }: {
  search: CollectionSearch;
  onChange: (next: Partial<CollectionSearch>, replace?: boolean) => void;
}) {
  const [words, setWords] = useState(search.q ?? "");
  const [name, setName] = useState(search.name ?? "");

  function find(event: FormEvent) {
    event.preventDefault();
    onChange({ ...CLOSED, q: words.trim() || undefined });
  }

  function narrow(event: FormEvent) {
    event.preventDefault();
    onChange({ name: name.trim() || undefined }, true);
  }

  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <form role="search" onSubmit={find} className="flex min-w-56 grow items-end gap-2">
        <TextField
          label="Search in all passages"
          type="search"
          className="no-cross"
          fieldClassName="grow max-w-xl"
          value={words}
          placeholder="A subject, a phrase, or a whole question"
          onChange={(event) => setWords(event.target.value)}
        />
        <Button type="submit" icon={Search}>
          Search
        </Button>
        {search.q && <IconButton icon={X} label="Back to the documents" onClick={() => onChange({ ...CLOSED, q: undefined })} />}
      </form>
      {!search.q && (
        <div className="flex flex-wrap items-end gap-3">
          <form onSubmit={narrow}>
            <TextField
              label="Name holds"
              fieldClassName="w-36"
              value={name}
              onChange={(event) => setName(event.target.value)}
              onBlur={narrow}
            />
          </form>
          <SelectField
            label="State"
            fieldClassName="w-32"
            value={search.state ?? ""}
            onChange={(event) => onChange({ state: (event.target.value || undefined) as IndexingState | undefined }, true)}
          >
            <option value="">Any</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {stateWord(state)}
              </option>
            ))}
          </SelectField>
          <CheckField
            label="Removed too"
            className="pb-1.5"
            checked={search.removed ?? false}
            onChange={(event) => onChange({ removed: event.target.checked || undefined }, true)}
          />
        </div>
      )}
    </div>
  );
}
