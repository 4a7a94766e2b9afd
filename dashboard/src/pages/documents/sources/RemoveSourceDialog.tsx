import { useState } from "react";
import { ConfirmDialog } from "../../../components/Dialog";
import { CheckField } from "../../../components/Field";
import { formatCount } from "../../../components/format";
import { announce } from "../../../components/Live";
import { removeSource, type Source } from "./queries";

/** Asks what becomes of the documents of a source that is removed. */
export function RemoveSourceDialog({ source, onClose, onRemoved }: { source: Source; onClose: () => void; onRemoved: () => Promise<void> }) {
  const [withDocuments, setWithDocuments] = useState(false);
  const count = `${formatCount(source.documents)} ${source.documents === 1 ? "document" : "documents"}`;
  async function remove() {
    const { documents } = await removeSource(source.id, withDocuments);
    await onRemoved();
    announce(`The source ${source.name} is removed${documents > 0 ? `, with ${formatCount(documents)} documents` : ""}.`);
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Remove the source ${source.name}?`}
      confirm={withDocuments ? `Remove it and its ${count}` : "Remove the source"}
      danger
      onConfirm={remove}
    >
      <div className="flex flex-col gap-3">
        <p>
          It is not read any more, and its {source.has_credential ? "credential and schedule are" : "schedule is"} forgotten.
          {source.documents > 0 &&
            (withDocuments
              ? ` Search and answers stop finding its ${count}; citations of them still open.`
              : ` Its ${count} ${source.documents === 1 ? "stays" : "stay"} in search as ${source.documents === 1 ? "it is" : "they are"}.`)}
        </p>
        {source.documents > 0 && (
          <CheckField
            label={`Take its ${count} out of search too`}
            checked={withDocuments}
            onChange={(event) => setWithDocuments(event.target.checked)}
          />
        )}
      </div>
    </ConfirmDialog>
  );
}
