import { useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { eraseContent } from "./queries";

/** Asks for the reason, which stays in the audit log, and erases. */
export function EraseContent({ id, open, onClose, onErased }: {
  id: string;
  open: boolean;
  onClose: () => void;
  onErased: () => void;
}) {
  const [reason, setReason] = useState("");

  async function erase() {
    if (!reason.trim()) throw new Error("Say why: the audit log keeps the reason.");
    await eraseContent(id, reason.trim());
    announce("Inputs and output are erased.");
    onErased();
  }

  return (
    <ConfirmDialog open={open} onClose={onClose} title="Erase inputs and output?" confirm="Erase for good" danger onConfirm={erase}>
      <p className="mb-3">
        Inputs, messages and output of this execution are removed for good; nobody can bring them back. Facts, measures and commitments stay,
        and so does a tombstone with the reason. Backups made before still hold the text.
      </p>
      <TextField
        label="Reason" hint="It is never erased: put no personal data in it." value={reason} maxLength={500}
        placeholder="Customer request 17" onChange={(event) => setReason(event.target.value)}
      />
    </ConfirmDialog>
  );
}
