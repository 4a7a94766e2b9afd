import { useInfiniteQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useNamespace } from "../../app/routes";
import { CheckField, SelectField, TextField } from "../../components/Field";
import { isName, NAME_HINT } from "../../components/names";
import { Card } from "../../components/Page";
import { promptsQuery } from "../prompts/queries";
import type { Draft } from "./draft";

export interface PartProps {
  draft: Draft;
  onChange: (next: Partial<Draft>) => void;
}

const KINDS = ["prompt", "rag_strategy", "scorer", "dataset"];

/** What it is called, and which labels it protects. */
export function SubjectFields({ draft, isNew, onChange }: PartProps & { isNew: boolean }) {
  const namespace = useNamespace();
  const list = useId();
  const { data } = useInfiniteQuery({ ...promptsQuery({ namespace }), enabled: draft.kind === "prompt" });
  const prompts = data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? [];
  return (
    <Card title="What it protects">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Name" isRequired disabled={!isNew} maxLength={128} spellCheck={false} value={draft.name} error={draft.name === "" || isName(draft.name) ? null : NAME_HINT} onChange={(event) => onChange({ name: event.target.value })} />
        <TextField label="Description (optional)" maxLength={2000} value={draft.description} onChange={(event) => onChange({ description: event.target.value })} />
        <TextField label="Label" isRequired spellCheck={false} value={draft.label} onChange={(event) => onChange({ label: event.target.value })} />
        <SelectField label="Of what" value={draft.kind} onChange={(event) => onChange({ kind: event.target.value })}>
          {[...new Set([...KINDS, draft.kind])].map((kind) => <option key={kind} value={kind}>{kind.replaceAll("_", " ")}</option>)}
        </SelectField>
        <TextField
          label="Names" isRequired spellCheck={false} list={list} value={draft.names} fieldClassName="sm:col-span-2"
          hint="Separated by commas; * stands for anything."
          onChange={(event) => onChange({ names: event.target.value })}
        />
        <datalist id={list}>
          {prompts.map((name) => <option key={name} value={name} />)}
        </datalist>
        {!isNew && (
          <CheckField
            className="sm:col-span-2" label="It is switched on" hint="Switched off, it protects nothing; what it granted stays."
            checked={draft.enabled} onChange={(event) => onChange({ enabled: event.target.checked })}
          />
        )}
      </div>
    </Card>
  );
}
