import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button, IconButton } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { Card } from "../../components/Page";
import { type DraftGuardrail, type DraftMetric, NEW_METRIC } from "./draft";
import { type PartProps, replaced, without } from "./fields";

const MOST = 8;

/** What is measured by feedback: one metric decides, others are looked at, guardrails stop what does harm. */
export function MetricFields({ draft: { metrics, guardrails }, onChange }: PartProps) {
  return (
    <Card title="What is measured, by feedback">
      <div className="flex flex-col gap-5">
        <Part title="The metric that decides, and further ones">
          {metrics.map((one, place) => (
            <MetricRow
              key={place} name={place === 0 ? "Primary metric" : `Metric ${place + 1}`} metric={one}
              onChange={(changes) => onChange({ metrics: replaced(metrics, place, changes) })}
              onRemove={place === 0 ? undefined : () => onChange({ metrics: without(metrics, place) })}
            />
          ))}
          <Button icon={Plus} className="self-start" disabled={metrics.length >= MOST} onClick={() => onChange({ metrics: [...metrics, NEW_METRIC] })}>Add a further metric</Button>
        </Part>
        <Part title="Guardrails">
          {guardrails.map((one, place) => (
            <MetricRow
              key={place} name={`Guardrail ${place + 1}`} metric={one}
              onChange={(changes) => onChange({ guardrails: replaced<DraftGuardrail>(guardrails, place, changes) })}
              onRemove={() => onChange({ guardrails: without(guardrails, place) })}
            >
              <TextField
                label={`Tolerated loss of Guardrail ${place + 1}`} hideLabel inputMode="decimal" placeholder="Tolerated loss" value={one.tolerated}
                onChange={(event) => onChange({ guardrails: replaced(guardrails, place, { tolerated: event.target.value }) })}
              />
            </MetricRow>
          ))}
          <Button icon={Plus} className="self-start" disabled={guardrails.length >= MOST} onClick={() => onChange({ guardrails: [...guardrails, { ...NEW_METRIC, tolerated: "" }] })}>Add a guardrail</Button>
          <p className="text-xs text-muted">
            It stops the experiment by itself once an arm is worse than the control by more than is tolerated (in the metric's unit: 0.02 is
            two points of a rate), and the label goes back.
          </p>
        </Part>
      </div>
    </Card>
  );
}

function MetricRow({ name, metric, onChange, onRemove, children }: {
  name: string;
  metric: DraftMetric;
  onChange: (changes: Partial<DraftMetric>) => void;
  onRemove: (() => void) | undefined;
  /** A further field. */
  children?: ReactNode;
}) {
  return (
    <div className="grid grid-cols-2 items-end gap-2 md:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)_2rem]">
      <TextField label={name} maxLength={128} spellCheck={false} placeholder="helpful" value={metric.name} onChange={(event) => onChange({ name: event.target.value })} />
      <SelectField label={`Kind of ${name}`} hideLabel value={metric.kind} onChange={(event) => onChange({ kind: event.target.value === "mean" ? "mean" : "binary" })}>
        <option value="binary">yes or no</option>
        <option value="mean">number (mean)</option>
      </SelectField>
      <SelectField label={`Direction of ${name}`} hideLabel value={metric.direction} onChange={(event) => onChange({ direction: directionOf(event.target.value) })}>
        <option value="">Better when…</option>
        <option value="higher">higher is better</option>
        <option value="lower">lower is better</option>
      </SelectField>
      {children ?? <span className="max-md:hidden" />}
      {onRemove && <IconButton icon={X} label={`Remove ${name.toLowerCase()}`} onClick={onRemove} />}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-semibold">{title}</legend>
      {children}
    </fieldset>
  );
}

function directionOf(value: string): DraftMetric["direction"] {
  return value === "higher" || value === "lower" ? value : "";
}
