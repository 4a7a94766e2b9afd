import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../../components/Button";
import { CheckField, SelectField, TextArea, TextField } from "../../../components/Field";
import { isName, NAME_HINT } from "../../../components/names";
import { SchemaForm } from "../../../components/schema/SchemaForm";
import { missingNames } from "../../../components/schema/fields";
import { SidePanel } from "../../../components/SidePanel";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import type { Readers } from "../queries";
import { ReadersField } from "../readers/ReadersField";
import { intervalFault, type SourceDraft } from "./draft";
import type { SourceKind } from "./queries";
import { type Unit, UNIT_SECONDS } from "./words";

const NOBODY: Pick<Readers, "groups" | "principals"> = { groups: [], principals: [] };

interface SourceFormProps {
  title: string;
  first: SourceDraft;
  kind: SourceKind | undefined;
  /** Stands before the fields: the choice of the kind. */
  before?: ReactNode;
  /** Of the credential that is kept, if any. */
  credentialHint: (draft: SourceDraft) => string;
  mayForget: boolean;
  /** How many it brought before: they keep their own lists. */
  documents?: number;
  /** Who may be chosen where nobody else can be listed. */
  readers?: Pick<Readers, "groups" | "principals">;
  needsCredential: (draft: SourceDraft) => boolean;
  submit: string;
  /** Stands above the button. */
  after?: ReactNode;
  onSubmit: (draft: SourceDraft) => Promise<unknown>;
  onClose: () => void;
}

/** What is entered about a source, new or not; the settings are those of its kind's own schema. */
export function SourceForm(props: SourceFormProps) {
  const { title, first, kind, before, credentialHint, mayForget, documents = 0, readers = NOBODY, needsCredential, submit, after, onSubmit, onClose } = props;
  const [draft, setDraft] = useState(first);
  const { isBusy, error, attempt } = useAttempt();
  const set = (next: Partial<SourceDraft>) => setDraft((old) => ({ ...old, ...next }));
  const fault = intervalFault(draft, kind);
  const missing = [
    !isName(draft.name.trim()) && "name",
    ...(kind ? missingNames(kind.settings, draft.settings) : []),
    needsCredential(draft) && "credential",
  ].filter((one) => one !== false);

  const notes = [
    !draft.readers.everyone && "For everybody else the source does not exist either.",
    documents > 0 && "Documents that it brought before keep their own lists.",
  ].filter((one) => one !== false);

  async function send(event: FormEvent) {
    event.preventDefault();
    await attempt(() => onSubmit(draft));
  }

  return (
    <SidePanel title={title} onClose={onClose}>
      <form className="flex flex-col gap-4" autoComplete="off" onSubmit={(event) => void send(event)}>
        {before}
        <TextField
          label="Name"
          isRequired
          value={draft.name}
          spellCheck={false}
          hint="Its own in this collection."
          error={draft.name === "" || isName(draft.name.trim()) ? null : NAME_HINT}
          onChange={(event) => set({ name: event.target.value })}
        />
        {kind && <SchemaForm key={kind.name} style="settings" schema={kind.settings} values={draft.settings} onChange={(settings) => set({ settings })} />}
        {kind?.credential && (
          <div className="flex flex-col gap-1.5">
            <TextField
              label="Credential"
              type="password"
              autoComplete="new-password"
              value={draft.credential}
              isRequired={needsCredential(draft)}
              disabled={draft.forgetsCredential}
              hint={`${kind.credential}. ${credentialHint(draft)}`}
              onChange={(event) => set({ credential: event.target.value })}
            />
            {mayForget && (
              <CheckField
                label="Forget the credential that it has"
                checked={draft.forgetsCredential}
                onChange={(event) => set({ forgetsCredential: event.target.checked, credential: "" })}
              />
            )}
          </div>
        )}
        <fieldset className="grid grid-cols-2 gap-3">
          <legend className="sr-only">How often it is read</legend>
          <TextField
            label="Read again every"
            inputMode="decimal"
            value={draft.every}
            placeholder="on demand"
            error={fault}
            onChange={(event) => set({ every: event.target.value })}
          />
          <SelectField label="Unit" value={draft.unit} onChange={(event) => set({ unit: event.target.value as Unit })}>
            {Object.keys(UNIT_SECONDS).map((unit) => <option key={unit} value={unit}>{unit}</option>)}
          </SelectField>
        </fieldset>
        <Choosing draft={draft} onChange={set} />
        <fieldset className="flex flex-col gap-3">
          <legend className="mb-1 text-sm font-medium">Who may read what it brings</legend>
          <ReadersField readers={readers} choice={draft.readers} onChange={(next) => set({ readers: next })} />
          {notes.length > 0 && <p className="text-xs text-muted">{notes.join(" ")}</p>}
        </fieldset>
        {after}
        <Failure error={error} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" busy={isBusy} disabled={kind === undefined || missing.length > 0 || fault !== null}>
            {submit}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <p role="status" className="text-xs text-muted">
            {missing.length > 0 && `Still missing: ${missing.join(", ")}.`}
          </p>
        </div>
      </form>
    </SidePanel>
  );
}

function Choosing({ draft, onChange }: { draft: SourceDraft; onChange: (next: Partial<SourceDraft>) => void }) {
  return (
    <>
      <TextField
        label="Prefix (optional)"
        value={draft.prefix}
        hint="Put before the names of its documents, such as manual/."
        onChange={(event) => onChange({ prefix: event.target.value })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <TextArea
          label="Take only (optional)"
          rows={2}
          className="font-mono text-xs"
          value={draft.include}
          hint="Patterns such as *.md or docs/**, one a line. Without any: all but hidden files, pictures, sounds, films and fonts."
          onChange={(event) => onChange({ include: event.target.value })}
        />
        <TextArea
          label="Leave out (optional)"
          rows={2}
          className="font-mono text-xs"
          value={draft.exclude}
          hint="Patterns, one a line; they win."
          onChange={(event) => onChange({ exclude: event.target.value })}
        />
      </div>
      <CheckField
        label="Take out of search what the source does not hold any more"
        hint="Else it stays as it was read last."
        checked={draft.removeGone}
        onChange={(event) => onChange({ removeGone: event.target.checked })}
      />
    </>
  );
}
