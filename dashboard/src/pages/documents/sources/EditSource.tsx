import { useQuery } from "@tanstack/react-query";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { Loaded } from "../../../components/States";
import { changeOf, draftOf, needsCredential, type SourceDraft } from "./draft";
import { changeSource, type Source, type SourceKind, sourceQuery } from "./queries";
import { SourceForm } from "./SourceForm";

interface EditSourceProps {
  sourceId: string;
  kinds: readonly SourceKind[];
  onChanged: (source: Source) => Promise<void>;
  /** Offered for a source that nothing else has read soon. */
  onRead: (source: Source) => void;
  onClose: () => void;
}

export function EditSource(props: EditSourceProps) {
  const query = useQuery(sourceQuery(props.sourceId));
  if (query.data === undefined) {
    return (
      <SidePanel title="Edit the source" onClose={props.onClose}>
        <Loaded query={query}>{() => null}</Loaded>
      </SidePanel>
    );
  }
  return <Editing {...props} source={query.data} />;
}

function Editing({ source, kinds, onChanged, onRead, onClose }: EditSourceProps & { source: Source }) {
  async function save(draft: SourceDraft) {
    const changed = await changeSource(source.id, changeOf(draft, source));
    await onChanged(changed);
    const action = changed.due_at === null ? { label: "Read it now", run: () => onRead(changed) } : undefined;
    announce(`The source ${changed.name} is changed.`, "good", action);
  }
  return (
    <SourceForm
      title={`Edit ${source.name}`}
      first={draftOf(source)}
      kind={kinds.find((kind) => kind.name === source.kind)}
      credentialHint={(draft) =>
        needsCredential(draft, source)
          ? "With other settings it has to be entered again: it is sent to no other place than it was given for."
          : source.has_credential
            ? "Empty keeps the one that it has."
            : "Kept sealed, and never shown again."
      }
      documents={source.documents}
      readers={source.readers}
      mayForget={source.has_credential}
      needsCredential={(draft) => needsCredential(draft, source)}
      submit="Save"
      onSubmit={save}
      onClose={onClose}
    />
  );
}
