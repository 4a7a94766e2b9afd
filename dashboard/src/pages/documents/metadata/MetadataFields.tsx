import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../../components/Button";
import { TextField } from "../../../components/Field";
import { MOST_KEYS, NO_PAIR, type Pair, VALUE_HINT, pairFault } from "./values";

/** Keys and their values, a row each. */
export function MetadataFields({ pairs, onChange }: { pairs: readonly Pair[]; onChange: (pairs: Pair[]) => void }) {
  const change = (at: number, next: Partial<Pair>) => onChange(pairs.map((pair, place) => (place === at ? { ...pair, ...next } : pair)));
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="sr-only">Metadata</legend>
      {pairs.map((pair, place) => (
        <div key={place} className="flex items-start gap-2">
          <TextField
            label={`Key ${place + 1}`}
            hideLabel
            placeholder="key, such as team"
            fieldClassName="basis-2/5"
            spellCheck={false}
            error={pairFault(pair, pairs)}
            value={pair.key}
            onChange={(event) => change(place, { key: event.target.value })}
          />
          <TextField
            label={`Value ${place + 1}`}
            hideLabel
            placeholder="value"
            fieldClassName="grow"
            spellCheck={false}
            value={pair.value}
            onChange={(event) => change(place, { value: event.target.value })}
          />
          <IconButton icon={X} label={`Remove ${pair.key.trim() || `row ${place + 1}`}`} onClick={() => onChange(pairs.filter((_, at) => at !== place))} />
        </div>
      ))}
      <div>
        <Button icon={Plus} disabled={pairs.length >= MOST_KEYS} onClick={() => onChange([...pairs, NO_PAIR])}>
          Add a key
        </Button>
      </div>
      {pairs.length > 0 && <p className="text-xs text-muted">{VALUE_HINT}</p>}
    </fieldset>
  );
}
