import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CheckField } from "../../../components/Field";
import type { Values } from "../../../components/schema/fields";
import { SchemaForm } from "../../../components/schema/SchemaForm";
import { TypedField } from "../../../components/TypedField";
import { ModelField } from "../../prompts/ModelField";
import { parameterSchema } from "../../prompts/parameters";
import { promptQuery } from "../../prompts/queries";
import type { StartDraft } from "../search";
import { namedBy } from "./draft";

/** On which model, with which parameters, and how many rows. */
export function Running({ namespace, draft, onChange }: {
  namespace: string;
  draft: StartDraft;
  onChange: (next: StartDraft) => void;
}) {
  const named = namedBy(draft.subject);
  const { data } = useQuery({ ...promptQuery(namespace, named?.name ?? "", named?.choice), enabled: named !== null });
  // What is typed stands here first: the URL follows too late to type against.
  const [parameters, setParameters] = useState<Values>(draft.parameters ?? {});

  function set(values: Values) {
    setParameters(values);
    onChange({ parameters: Object.keys(values).length > 0 ? values : undefined });
  }

  return (
    <>
      <ModelField own={data?.body.model ?? undefined} value={draft.model} onChange={(model) => onChange({ model })} />
      <TypedField
        label="Rows at the most (optional)"
        hideLabel={false}
        type="number"
        min={1}
        placeholder="all"
        value={draft.limit === undefined ? undefined : String(draft.limit)}
        onSettled={(text) => onChange({ limit: Number(text) >= 1 ? Math.floor(Number(text)) : undefined })}
      />
      <details>
        <summary className="text-sm font-medium text-muted hover:text-ink">Parameters of the runs</summary>
        <div className="flex flex-col gap-3.5 pt-3">
          <SchemaForm schema={parameterSchema(data?.body.parameters ?? {})} values={parameters} onChange={set} />
          <CheckField
            label="Run every row again"
            hint="Else the output of an earlier evaluation is taken where version, row, model and seed are the same."
            checked={draft.fresh === true}
            onChange={(event) => onChange({ fresh: event.target.checked || undefined })}
          />
        </div>
      </details>
    </>
  );
}
