import { useQueryClient } from "@tanstack/react-query";
import { Eraser } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { ConfirmDialog } from "../../components/Dialog";
import { Digest } from "../../components/Digest";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { SidePanel } from "../../components/SidePanel";
import { eraseRow, type Row } from "./queries";
import { Value } from "./Value";

/** One row beside the list. */
export function RowPanel({ namespace, name, row, onClose }: { namespace: string; name: string; row: Row; onClose: () => void }) {
  const mayWrite = useCan("datasets:write");
  const [isErasing, setErasing] = useState(false);
  const metadata = row.metadata ?? {};
  return (
    <SidePanel
      title={`Row ${row.position + 1}`}
      actions={mayWrite && !row.erased && <Button look="danger" icon={Eraser} onClick={() => setErasing(true)}>Erase…</Button>}
      onClose={onClose}
    >
      {row.erased ? (
        <p className="rounded-md border border-dashed border-line-strong p-3 text-sm text-muted">
          Erased. Its digest stays, and the audit log keeps a tombstone with the reason.
        </p>
      ) : (
        <div className="flex flex-col gap-5">
          <Value title="Inputs" value={row.inputs} />
          <Value title="Expected" value={row.expected} />
          {Object.keys(metadata).length > 0 && <Value title="Metadata" value={metadata} />}
          <p className="flex items-center gap-1 text-xs text-muted">Digest <Digest value={row.digest} label="row's digest" /></p>
        </div>
      )}
      {isErasing && <EraseRow {...{ namespace, name, row }} onClose={() => setErasing(false)} />}
    </SidePanel>
  );
}

function EraseRow({ namespace, name, row, onClose }: { namespace: string; name: string; row: Row; onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  async function erase() {
    await eraseRow(namespace, name, row.digest, reason);
    await client.invalidateQueries({ queryKey: ["datasets", namespace, "rows"] });
    announce(`Row ${row.position + 1} is erased.`);
  }
  return (
    <ConfirmDialog open onClose={onClose} title={`Erase row ${row.position + 1}?`} confirm="Erase for good" danger disabled={reason.trim() === ""} onConfirm={erase}>
      <div className="flex flex-col gap-3">
        <p>What it holds is gone for good, in every version and dataset that has it. Its digest and a tombstone stay.</p>
        <TextField label="Reason" isRequired hint="Stays in the audit log; no personal data." value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}
