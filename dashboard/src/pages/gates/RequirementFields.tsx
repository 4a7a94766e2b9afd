import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import { useNamespace } from "../../app/routes";
import { Button, IconButton } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { Card } from "../../components/Page";
import { datasetsQuery } from "../datasets/queries";
import { scorersQuery } from "../evaluations/queries";
import { type DraftRequirement, EMPTY_REQUIREMENT, type Rule } from "./draft";
import type { PartProps } from "./SubjectFields";

const MOST = 16;
const BOUND_HINTS: Record<Rule, string> = {
  better: "",
  not_worse: "It loses less than this share of the rows, such as 0.05.",
  at_least: "It is right on more than this share of the rows, such as 0.8.",
};
const BOUNDS: Record<Rule, string | null> = { better: null, not_worse: "Margin", at_least: "Threshold" };

/** What must be shown on the rows of which split. */
export function RequirementFields({ draft: { requirements }, onChange }: PartProps) {
  const namespace = useNamespace();
  const datasets = useInfiniteQuery(datasetsQuery(namespace, undefined, undefined)).data?.pages.flatMap((page) => page.items.map((item) => item.name));
  const scorers = useQuery(scorersQuery(namespace)).data?.map((one) => one.name);
  const lists = { datasets: useId(), scorers: useId() };
  const set = (place: number, changes: Partial<DraftRequirement>) =>
    onChange({ requirements: requirements.map((one, at) => (at === place ? { ...one, ...changes } : one)) });
  return (
    <Card title="What must be shown">
      <div className="flex flex-col gap-4">
        {requirements.length === 0 && <p className="text-sm text-muted">Nothing: persons alone decide.</p>}
        {requirements.map((one, place) => (
          <RequirementGroup
            key={place} requirement={one} number={place + 1} lists={lists} onChange={(changes) => set(place, changes)}
            onRemove={() => onChange({ requirements: requirements.filter((_, at) => at !== place) })}
          />
        ))}
        <div>
          <Button icon={Plus} disabled={requirements.length >= MOST} onClick={() => onChange({ requirements: [...requirements, EMPTY_REQUIREMENT] })}>Add a requirement</Button>
        </div>
        <datalist id={lists.datasets}>{datasets?.map((name) => <option key={name} value={name} />)}</datalist>
        <datalist id={lists.scorers}>{scorers?.map((name) => <option key={name} value={name} />)}</datalist>
      </div>
    </Card>
  );
}

function RequirementGroup({ requirement: one, number, lists, onChange, onRemove }: {
  requirement: DraftRequirement;
  number: number;
  lists: { datasets: string; scorers: string };
  onChange: (changes: Partial<DraftRequirement>) => void;
  onRemove: () => void;
}) {
  const bound = BOUNDS[one.rule];
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Requirement {number}</legend>
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-4">
        <TextField label={`Name of requirement ${number}`} isRequired spellCheck={false} value={one.name} onChange={(event) => onChange({ name: event.target.value })} />
        <TextField label={`Dataset of requirement ${number}`} isRequired spellCheck={false} list={lists.datasets} hint="A name, name/2 or name@current." value={one.dataset} onChange={(event) => onChange({ dataset: event.target.value })} />
        <TextField label={`Split of requirement ${number}`} isRequired spellCheck={false} hint="Only gates read sealed rows." value={one.split} onChange={(event) => onChange({ split: event.target.value })} />
        <TextField label={`Scorer of requirement ${number}`} isRequired spellCheck={false} list={lists.scorers} hint="A judge must be calibrated." value={one.scorer} onChange={(event) => onChange({ scorer: event.target.value })} />
        <SelectField label={`Rule of requirement ${number}`} value={one.rule} onChange={(event) => onChange({ rule: event.target.value as Rule })}>
          <option value="better">better than before</option>
          <option value="not_worse">not worse than before</option>
          <option value="at_least">right often enough</option>
        </SelectField>
        {bound && <TextField label={`${bound} of requirement ${number}`} isRequired inputMode="decimal" hint={BOUND_HINTS[one.rule]} value={one.bound} onChange={(event) => onChange({ bound: event.target.value })} />}
        <TextField label={`Passing score of requirement ${number} (optional)`} inputMode="decimal" hint="From it on, a row is right; else 0.5, or the scores are compared." value={one.passAt} onChange={(event) => onChange({ passAt: event.target.value })} />
        <div className="flex justify-end sm:col-start-2 lg:col-start-4"><IconButton icon={X} label={`Remove requirement ${number}`} onClick={onRemove} /></div>
      </div>
    </fieldset>
  );
}
