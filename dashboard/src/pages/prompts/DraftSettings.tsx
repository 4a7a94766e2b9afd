import { CodeEditor } from "../../components/editor/CodeEditor";
import { TextArea, TextField } from "../../components/Field";
import { Card } from "../../components/Page";
import { SchemaForm } from "../../components/schema/SchemaForm";
import type { Draft } from "./draft";
import { ModelField } from "./ModelField";
import { parameterSchema } from "./parameters";

const FORM = parameterSchema();

/** Everything of a version beside its text. */
export function DraftSettings({ draft, onChange, fault }: {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  fault: string | undefined;
}) {
  return (
    <Card title="Settings">
      <div className="grid gap-x-5 gap-y-4 sm:grid-cols-2">
        <TextArea
          label="Description (optional)"
          rows={2}
          maxLength={4000}
          value={draft.description}
          onChange={(event) => onChange({ description: event.target.value })}
        />
        <TextField
          label="Tags (optional)"
          hint="Separated by spaces."
          spellCheck={false}
          value={draft.tags}
          onChange={(event) => onChange({ tags: event.target.value })}
        />
        <ModelField own={undefined} value={draft.model} onChange={(model) => onChange({ model })} />
      </div>
      <details className="mt-4">
        <summary className="text-sm font-medium text-muted hover:text-ink">Parameters of the model</summary>
        <div className="pt-3">
          <SchemaForm schema={FORM} values={draft.parameters} onChange={(parameters) => onChange({ parameters })} />
        </div>
      </details>
      <details className="mt-3" open={draft.outputSchema !== ""}>
        <summary className="text-sm font-medium text-muted hover:text-ink">Output schema</summary>
        <div className="flex flex-col gap-1 pt-3">
          <p className="text-xs text-muted">With a JSON Schema the model can only answer JSON that fits it.</p>
          <CodeEditor
            language="json"
            label="JSON Schema of the output"
            value={draft.outputSchema}
            onChange={(outputSchema) => onChange({ outputSchema })}
            invalid={fault !== undefined}
          />
          {fault && <p className="text-sm text-bad">{fault}</p>}
        </div>
      </details>
    </Card>
  );
}
