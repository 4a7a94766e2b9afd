import { SelectField, TextField } from "../../components/Field";
import { Card } from "../../components/Page";
import type { Draft } from "./draft";
import type { PartProps } from "./SubjectFields";

/** Who approves and releases, how often, and how much error all looks together may make. */
export function RuleFields({ draft, onChange }: PartProps) {
  return (
    <Card title="Who, when, and how sure">
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-3">
        <TextField label="Approvals" type="number" min={0} max={5} hint="Persons, none of them the author of the version." value={draft.approvals} onChange={(event) => onChange({ approvals: event.target.value })} />
        <TextField label="Released by (optional)" spellCheck={false} hint="Names, separated by commas; else whoever may move labels." value={draft.movers} onChange={(event) => onChange({ movers: event.target.value })} />
        <SelectField label="Machines" value={draft.machines} onChange={(event) => onChange({ machines: event.target.value as Draft["machines"] })}>
          <option value="propose">may only ask for a release</option>
          <option value="release">may release</option>
        </SelectField>
        <SelectField label="Experiments" hint="Those that the label was not moved to." value={draft.experiments} onChange={(event) => onChange({ experiments: event.target.value as Draft["experiments"] })}>
          <option value="refuse">may not show unreleased versions</option>
          <option value="allow">may show unreleased versions</option>
        </SelectField>
        <TextField label="Minutes between moves" type="number" min={0} value={draft.cooldown} onChange={(event) => onChange({ cooldown: event.target.value })} />
        <TextField label="Error budget" inputMode="decimal" hint="Chance of any false promotion over all looks at the same sealed rows." value={draft.budget} onChange={(event) => onChange({ budget: event.target.value })} />
        <TextField label="Planned looks" type="number" min={1} hint="How many share most of the budget: fewer find more." value={draft.looks} onChange={(event) => onChange({ looks: event.target.value })} />
        <TextField label="Sealed rows at the least" type="number" min={10} value={draft.rows} onChange={(event) => onChange({ rows: event.target.value })} />
      </div>
    </Card>
  );
}
