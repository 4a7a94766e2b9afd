import { useState } from "react";
import { CheckField, SelectField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { EMPTY, newSourceOf, type SourceDraft } from "./draft";
import { createSource, type Source, type SourceKind } from "./queries";
import { SourceForm } from "./SourceForm";

interface AddSourceProps {
  namespace: string;
  collection: string;
  kinds: readonly SourceKind[];
  onAdded: (source: Source) => Promise<void>;
  onClose: () => void;
}

/** Says where documents come from: any kind that the server has, ours and those of plugins. */
export function AddSource({ namespace, collection, kinds, onAdded, onClose }: AddSourceProps) {
  const [chosen, setChosen] = useState(kinds[0]?.name ?? "");
  const [isReadNow, setReadNow] = useState(true);
  const kind = kinds.find((one) => one.name === chosen);

  async function add(draft: SourceDraft) {
    if (kind === undefined) return;
    const made = await createSource(namespace, collection, newSourceOf(draft, kind, isReadNow));
    await onAdded(made);
    announce(isReadNow ? `The source ${made.name} is added, and is being read.` : `The source ${made.name} is added.`);
  }

  return (
    <SourceForm
      title="Add a source"
      first={EMPTY}
      kind={kind}
      before={
        <SelectField label="Kind" value={chosen} hint={kind?.description} onChange={(event) => setChosen(event.target.value)}>
          {kinds.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </SelectField>
      }
      credentialHint={() => "Kept sealed, sent to the source's own host alone, and never shown again."}
      mayForget={false}
      needsCredential={() => false}
      submit="Add the source"
      after={<CheckField label="Read it now" checked={isReadNow} onChange={(event) => setReadNow(event.target.checked)} />}
      onSubmit={add}
      onClose={onClose}
    />
  );
}
