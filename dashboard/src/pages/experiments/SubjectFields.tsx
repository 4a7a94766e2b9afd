import { useId } from "react";
import { TextField } from "../../components/Field";
import type { PartProps } from "./fields";
import { useKnownPrompt } from "./useKnownPrompt";

/** Whose label is split: a prompt, by name. */
export function SubjectFields({ draft, onChange }: PartProps) {
  const list = useId();
  const { prompts, known } = useKnownPrompt(draft.artifact);
  const labels = Object.entries(known?.labels ?? {}).filter(([name]) => name !== "latest");
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Prompt" isRequired spellCheck={false} autoComplete="off" list={`${list}-prompts`} value={draft.artifact}
        onChange={(event) => onChange({ artifact: event.target.value, arms: draft.arms.map((arm) => ({ ...arm, version: "" })) })}
      />
      <datalist id={`${list}-prompts`}>
        {prompts.map((one) => <option key={one.name} value={one.name} />)}
      </datalist>
      <TextField
        label="Label" isRequired spellCheck={false} autoComplete="off" list={`${list}-labels`} value={draft.label}
        hint={labels.length > 0 ? `Now: ${labels.map(([name, number]) => `${name} → ${number}`).join(", ")}` : "Whoever asks for it with a unit takes part."}
        onChange={(event) => onChange({ label: event.target.value })}
      />
      <datalist id={`${list}-labels`}>
        {labels.map(([name, number]) => <option key={name} value={name}>{`version ${number}`}</option>)}
      </datalist>
    </div>
  );
}
