import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Card } from "../../components/Page";
import { knownValues, type Values, withEmptyTexts } from "../../components/schema/fields";
import { TextField } from "../../components/Field";
import { LeaveGuard } from "../../components/LeaveGuard";
import { isName } from "../../components/names";
import { useSettled } from "../../components/useSettled";
import { bodyOf, type Draft } from "./draft";
import { DraftPreview } from "./DraftPreview";
import { DraftSettings } from "./DraftSettings";
import { DraftVariables } from "./DraftVariables";
import { PushBar } from "./PushBar";
import { checkQuery } from "./queries";
import { TemplatesEditor } from "./TemplatesEditor";

/** The editor: templates on the left; what the engine makes of them on the right, as they are typed. */
export function DraftForm({ start, name: fixedName, from, latest = 0 }: {
  start: Draft;
  /** Of the prompt that is edited; a new one asks for it. */
  name?: string;
  /** The version that the draft began from. */
  from?: Schema<"PromptDetail">;
  /** The latest version now; 0 for a new prompt. */
  latest?: number;
}) {
  const namespace = useNamespace();
  const [draft, setDraft] = useState(start);
  const [name, setName] = useState(fixedName ?? "");
  // What is pushed meanwhile has not been seen by who writes here.
  const [seen] = useState(latest);
  const [values, setValues] = useState<Values>({});
  const pushed = useRef(false);
  const { body, faults } = useMemo(() => bodyOf(draft), [draft]);
  const settled = useSettled(useMemo(() => ({ body, values }), [body, values]));
  const [schema, setSchema] = useState<Values>({});
  const given = useMemo(() => withEmptyTexts(schema, knownValues(schema, settled.values)), [schema, settled]);
  const check = useQuery({ ...checkQuery(namespace, settled.body, given), retry: false });
  const variables = check.data?.variables;
  const isDirty = draft !== start;

  // The form keeps the last schema while something is wrong, so that it does not come and go with each key.
  useEffect(() => {
    if (variables) setSchema((old) => (JSON.stringify(old) === JSON.stringify(variables) ? old : variables));
  }, [variables]);

  const change = (next: Partial<Draft>) => setDraft((old) => ({ ...old, ...next }));

  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <div className="flex min-w-0 flex-col gap-5">
        {fixedName === undefined && (
          <TextField
            label="Name"
            hint="Letters, digits and . _ -; others ask for the prompt by it."
            error={name === "" || isName(name) ? null : "Use letters, digits and . _ - only, a letter or digit first, 128 at the most."}
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <TemplatesEditor draft={draft} onChange={setDraft} faults={check.data?.faults ?? []} variables={check.data?.used ?? []} />
        <DraftSettings draft={draft} onChange={change} fault={faults.outputSchema} />
        <PushBar
          name={name}
          body={body}
          from={from}
          latest={seen}
          checked={check.data}
          isBlocked={Object.keys(faults).length > 0}
          onPushed={() => {
            pushed.current = true;
          }}
        />
      </div>
      <div className="flex min-w-0 flex-col gap-5 lg:sticky lg:top-4">
        <DraftVariables
          draft={draft}
          onChange={change}
          checked={check.data}
          schema={schema}
          jsonFault={faults.variables}
          values={values}
          setValues={setValues}
        />
        <Card title="Preview">
          <DraftPreview check={check} />
        </Card>
      </div>
      <LeaveGuard isDirty={() => isDirty && !pushed.current} title="Leave without pushing?" />
    </div>
  );
}
