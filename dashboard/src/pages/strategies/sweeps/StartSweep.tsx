import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button, IconButton } from "../../../components/Button";
import { SelectField, TextField } from "../../../components/Field";
import { SidePanel } from "../../../components/SidePanel";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { filledCollectionsQuery } from "../../documents/queries";
import { DatasetPick } from "../../evaluations/start/Picks";
import { Scorers } from "../../evaluations/start/Scorers";
import { strategyListQuery } from "../queries";
import { countOf, MOST_COMBINATIONS, suggestionFor, SWEEPABLE, valueFault, valuesIn } from "./grid";
import { startSweep } from "./queries";

interface Tried {
  name: string;
  values: string;
}

const FIRST = "retrieval.passages";

/** What is tried, where, on which rows, scored how. */
export function StartSweep({ namespace, onClose, onStarted }: { namespace: string; onClose: () => void; onStarted: (id: string) => void }) {
  const client = useQueryClient();
  const strategies = useInfiniteQuery(strategyListQuery(namespace));
  const { data: collections = [] } = useQuery(filledCollectionsQuery(namespace));
  const [strategy, setStrategy] = useState("default");
  const [chosen, setChosen] = useState("");
  const [dataset, setDataset] = useState<string>();
  const [split, setSplit] = useState("open");
  const [scorers, setScorers] = useState<readonly string[]>([]);
  const [tried, setTried] = useState<readonly Tried[]>([{ name: FIRST, values: suggestionFor(FIRST) }]);
  const { isBusy, error, attempt } = useAttempt();
  const collection = chosen || (collections[0]?.name ?? "");
  const names = [...new Set(["default", ...(strategies.data?.pages.flatMap((page) => page.items.map(({ name }) => name)) ?? [])])];
  const count = countOf(tried.map(({ values }) => valuesIn(values)));
  const missing = [
    collection === "" && "a collection",
    !dataset && "a dataset",
    scorers.length === 0 && "a scorer",
    count === 0 && "values of each option",
  ].filter((one) => one !== false);
  const isWrong = tried.some(({ name, values }) => valueFault(name, valuesIn(values)) !== null);
  const isTooLarge = count > MOST_COMBINATIONS;

  async function start(event: FormEvent) {
    event.preventDefault();
    await attempt(async () => {
      const options = Object.fromEntries(tried.map(({ name, values }) => [name, valuesIn(values)]));
      const body = { collection, strategy, options, dataset: dataset ?? "", split, scorers: [...scorers], limit: null };
      const started = await startSweep(namespace, body);
      await client.invalidateQueries({ queryKey: ["sweeps", "list"] });
      onStarted(started.id);
    });
  }

  return (
    <SidePanel title="Start a sweep" onClose={onClose}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void start(event)}>
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="Strategy" value={strategy} onChange={(event) => setStrategy(event.target.value)}>
            {names.map((name) => <option key={name} value={name}>{name}</option>)}
          </SelectField>
          <SelectField label="Collection" value={collection} onChange={(event) => setChosen(event.target.value)}>
            {collections.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </SelectField>
        </div>
        <TriedOptions tried={tried} onChange={setTried} />
        <DatasetPick namespace={namespace} value={dataset} onChange={setDataset} />
        <TextField label="Split" value={split} onChange={(event) => setSplit(event.target.value)} />
        <Scorers namespace={namespace} chosen={scorers} onChange={setScorers} />
        <Failure error={error} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" icon={Play} busy={isBusy} disabled={missing.length > 0 || isTooLarge || isWrong}>Start</Button>
          <p role="status" className="text-xs text-muted">
            {missing.length > 0
              ? `Choose ${missing.join(", ")}.`
              : isTooLarge
                ? `${count} combinations; ${MOST_COMBINATIONS} at most.`
                : `${count} ${count === 1 ? "combination" : "combinations"}.`}
          </p>
        </div>
      </form>
    </SidePanel>
  );
}

function TriedOptions({ tried, onChange }: { tried: readonly Tried[]; onChange: (tried: readonly Tried[]) => void }) {
  const left = [...SWEEPABLE.keys()].filter((name) => !tried.some((one) => one.name === name));
  const set = (place: number, next: Tried) => onChange(tried.map((one, at) => (at === place ? next : one)));
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Options to try</legend>
      {tried.map(({ name, values }, place) => (
        <div key={name} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-start gap-2">
          <SelectField
            label={`Option ${place + 1}`}
            value={name}
            onChange={(event) => set(place, { name: event.target.value, values: suggestionFor(event.target.value) })}
          >
            {[name, ...left].map((one) => <option key={one} value={one}>{SWEEPABLE.get(one)}</option>)}
          </SelectField>
          <TextField
            label={`Values of option ${place + 1}`}
            placeholder="with commas"
            error={valueFault(name, valuesIn(values))}
            value={values}
            onChange={(event) => set(place, { name, values: event.target.value })}
          />
          <IconButton
            icon={Trash2}
            label={`Leave out option ${place + 1}`}
            className="mt-6"
            disabled={tried.length === 1}
            onClick={() => onChange(tried.filter((_, at) => at !== place))}
          />
        </div>
      ))}
      <p className="text-xs text-muted">How documents are cut and embedded needs another index: index anew first, and sweep there.</p>
      {left.length > 0 && (
        <div>
          <Button icon={Plus} onClick={() => onChange([...tried, { name: left[0]!, values: suggestionFor(left[0]!) }])}>Add an option</Button>
        </div>
      )}
    </fieldset>
  );
}
