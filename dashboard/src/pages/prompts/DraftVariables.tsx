import { Plus } from "lucide-react";
import type { Schema } from "../../api/client";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { CodeEditor } from "../../components/editor/CodeEditor";
import { Card } from "../../components/Page";
import type { Values } from "../../components/schema/fields";
import { SchemaForm } from "../../components/schema/SchemaForm";
import { Segments } from "../../components/Tabs";
import { type Draft, withVariable } from "./draft";

const SOURCES = [
  { name: "inferred", label: "Inferred" },
  { name: "own", label: "JSON Schema" },
] as const;

/** The variables that the templates use, their schema, and values to try the draft with. */
export function DraftVariables({ draft, onChange, checked, schema, jsonFault, values, setValues }: {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  checked: Schema<"CheckedPrompt"> | undefined;
  /** Of the variables, as they were last known. */
  schema: Values;
  jsonFault: string | undefined;
  values: Values;
  setValues: (values: Values) => void;
}) {
  const isOwn = draft.variables !== "";
  const used = variablesOf(checked, schema);
  const others = checked?.faults.filter((fault) => fault.message_index === null) ?? [];

  function choose(source: "inferred" | "own") {
    const own = JSON.stringify(checked?.variables ?? { type: "object", properties: {}, required: [] }, null, 2);
    onChange({ variables: source === "own" ? own : "" });
  }

  return (
    <Card
      title="Variables"
      actions={<Segments label="Schema of the variables" options={SOURCES} value={isOwn ? "own" : "inferred"} onChange={choose} />}
    >
      <div className="flex flex-col gap-4">
        <p role="status" aria-label="Variables in use" className="flex flex-wrap items-center gap-1 text-sm text-muted">
          {used.length === 0 ? (checked?.faults.length ? "They show once the template is correct." : "None yet: write {{ name }} in the template.") : used.map((name) => <Badge key={name} tone="accent">{name}</Badge>)}
        </p>
        {isOwn && (
          <CodeEditor
            language="json"
            label="JSON Schema of the variables"
            value={draft.variables}
            onChange={(variables) => onChange({ variables })}
            invalid={jsonFault !== undefined}
            className="max-h-80 [&_.cm-editor]:max-h-80"
          />
        )}
        {jsonFault && <p className="text-sm text-bad">{jsonFault}</p>}
        {others.map((fault) => (
          <div key={fault.detail} role="status" className="flex flex-col items-start gap-2">
            <p className="text-sm text-bad">{fault.detail}</p>
            {fault.code === "prompt.variable_undeclared" && (
              <Button icon={Plus} onClick={() => onChange({ variables: declared(draft.variables, fault.detail) })}>
                Declare it
              </Button>
            )}
          </div>
        ))}
        <SchemaForm schema={schema} values={values} onChange={setValues} />
      </div>
    </Card>
  );
}

/** Return the names in use; of a template that can't be read, those that were known before. */
function variablesOf(checked: Schema<"CheckedPrompt"> | undefined, schema: Values): string[] {
  if (!checked) return [];
  const before = checked.faults.length > 0 ? Object.keys(schema.properties ?? {}) : [];
  return [...new Set([...checked.used, ...before])].sort();
}

/** Return the schema with the variable that the engine's message names first, in quotes. */
function declared(schema: string, detail: string): string {
  const name = /'([^']+)'/.exec(detail)?.[1];
  return name ? withVariable(schema, name) : schema;
}
