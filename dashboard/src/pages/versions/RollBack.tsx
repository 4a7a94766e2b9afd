import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { TextArea } from "../../components/Field";
import type { LabelMove } from "./moves";
import { rollBack } from "./moving";

/** Asks before a label points again at an earlier release. */
export function RollBack({ move, onClose }: { move: LabelMove; onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState(move.reason);
  const { name, label, from, to } = move;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Roll ${label} back`}
      confirm={`Roll back to ${to}`}
      onConfirm={() => rollBack(client, { ...move, reason })}
    >
      <div className="flex flex-col gap-3">
        <p>
          {name}@{label} points at version {from} now. Whoever asks for it gets version {to} again, with everything it was
          released with. No gate is asked; the rollback stays in the history and the audit log.
        </p>
        <TextArea label="Reason (optional)" hint="Kept in the history." value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}
