import { Plus, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button, IconButton } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { Card } from "../../components/Page";
import { type PartProps, replaced, without } from "./fields";

const MOST_STEPS = 50;
const MOST_RULES = 16;

/** Who takes part, and when; all of it may stay as it is. */
export function TrafficFields({ draft, onChange }: PartProps) {
  return (
    <Card title="Who takes part">
      <div className="flex flex-col gap-5">
        <Ramp draft={draft} onChange={onChange} />
        <Targeting draft={draft} onChange={onChange} />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="Held back" hint="This share goes on as if there were no experiment." inputMode="decimal" value={draft.holdback} onChange={(event) => onChange({ holdback: event.target.value })} />
          <TextField label="Planned units" hint="Where intervals of means are narrowest." inputMode="numeric" value={draft.planned} onChange={(event) => onChange({ planned: event.target.value })} />
          <TextField label="Group (optional)" hint="Experiments of a group never share a unit." spellCheck={false} value={draft.group} onChange={(event) => onChange({ group: event.target.value })} />
          <TextField label="Share of the group" disabled={draft.group === ""} inputMode="decimal" value={draft.groupShare} onChange={(event) => onChange({ groupShare: event.target.value })} />
          <TextField label="Covariate (optional)" hint="An attribute that is a number known before: it narrows means (CUPED)." spellCheck={false} value={draft.covariate} onChange={(event) => onChange({ covariate: event.target.value })} />
          <SelectField label="Shares over time" value={draft.allocator} onChange={(event) => onChange({ allocator: event.target.value === "top_two" ? "top_two" : "fixed" })}>
            <option value="fixed">fixed</option>
            <option value="top_two">follow the outcomes (top-two Thompson)</option>
          </SelectField>
        </div>
        {draft.allocator === "top_two" && (
          <p role="note" className="flex gap-2 rounded-md bg-warn-soft p-3 text-sm text-warn">
            <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
            More units get what looks better. Its estimates are biased, and have no interval once shares have changed; the p-value holds. Choose it to lose less on the way, not to learn how large a difference is.
          </p>
        )}
      </div>
    </Card>
  );
}

function Ramp({ draft: { ramp }, onChange }: PartProps) {
  return (
    <Part title="Ramp" hint={ramp.length === 0 ? "Everybody takes part from the start." : "The share that takes part grows; nobody who takes part ever changes."}>
      {ramp.map((step, place) => (
        <div key={place} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_2rem] items-end gap-2 sm:max-w-md">
          <TextField label={`Share of step ${place + 1}`} inputMode="decimal" value={step.share} onChange={(event) => onChange({ ramp: replaced(ramp, place, { share: event.target.value }) })} />
          <TextField label={`Hours to step ${place + 1}`} inputMode="decimal" value={step.hours} onChange={(event) => onChange({ ramp: replaced(ramp, place, { hours: event.target.value }) })} />
          <IconButton icon={X} label={`Remove step ${place + 1}`} onClick={() => onChange({ ramp: without(ramp, place) })} />
        </div>
      ))}
      <Button
        icon={Plus} className="self-start" disabled={ramp.length >= MOST_STEPS}
        onClick={() => onChange({ ramp: [...ramp, ...(ramp.length === 0 ? [{ share: "0.1", hours: "0" }, { share: "1", hours: "24" }] : [{ share: "1", hours: "" }])] })}
      >
        {ramp.length === 0 ? "Begin with fewer" : "Add a step"}
      </Button>
    </Part>
  );
}

function Targeting({ draft: { rules }, onChange }: PartProps) {
  return (
    <Part title="Targeting" hint={rules.length === 0 ? "Whatever a unit's attributes are." : <>All rules must fit. Values with commas between: <code className="font-mono">pro, team</code>; numbers, true and false are that, <code className="font-mono">"5"</code> is a text.</>}>
      {rules.map((rule, place) => (
        <div key={place} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_2rem] items-end gap-2 sm:max-w-md">
          <TextField label={`Attribute of rule ${place + 1}`} spellCheck={false} value={rule.attribute} onChange={(event) => onChange({ rules: replaced(rules, place, { attribute: event.target.value }) })} />
          <TextField label={`Values of rule ${place + 1}`} spellCheck={false} value={rule.values} onChange={(event) => onChange({ rules: replaced(rules, place, { values: event.target.value }) })} />
          <IconButton icon={X} label={`Remove rule ${place + 1}`} onClick={() => onChange({ rules: without(rules, place) })} />
        </div>
      ))}
      <Button icon={Plus} className="self-start" disabled={rules.length >= MOST_RULES} onClick={() => onChange({ rules: [...rules, { attribute: "", values: "" }] })}>Add a rule</Button>
    </Part>
  );
}

function Part({ title, hint, children }: { title: string; hint: ReactNode; children: ReactNode }) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-semibold">{title}</legend>
      {children}
      <p className="text-xs text-muted">{hint}</p>
    </fieldset>
  );
}
