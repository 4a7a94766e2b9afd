import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { MetadataFields } from "./MetadataFields";
import { type Metadata, NO_PAIR, haveFault, metadataOf, pairsOf } from "./values";

const FORM = "metadata";

interface MetadataDialogProps {
  title: string;
  description: ReactNode;
  metadata: Metadata;
  onSave: (next: Metadata) => Promise<unknown> | void;
  onClose: () => void;
}

/** Says what metadata is from now on, all of it. */
export function MetadataDialog({ title, description, metadata, onSave, onClose }: MetadataDialogProps) {
  const [pairs, setPairs] = useState(() => (Object.keys(metadata).length === 0 ? [NO_PAIR] : pairsOf(metadata)));
  const { isBusy, error, attempt } = useAttempt();

  async function save(event: FormEvent) {
    event.preventDefault();
    if (haveFault(pairs)) return;
    await attempt(async () => {
      await onSave(metadataOf(pairs));
      onClose();
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy} disabled={haveFault(pairs)}>
            Save
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <MetadataFields pairs={pairs} onChange={setPairs} />
        <Failure error={error} />
      </form>
    </Dialog>
  );
}
