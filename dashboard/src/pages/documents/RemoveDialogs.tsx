import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client";
import { ConfirmDialog } from "../../components/Dialog";
import { TextField } from "../../components/Field";
import { formatCount } from "../../components/format";
import { announce } from "../../components/Live";
import type { Document } from "./queries";

interface DocumentDialogProps {
  document: Document;
  onClose: () => void;
}

export function RemoveDialog({ document, onClose }: { document: Pick<Document, "id" | "name">; onClose: () => void }) {
  const refresh = useRefresh();
  async function remove() {
    await call(api.DELETE("/api/v1/documents/{document_id}", { params: { path: { document_id: document.id } } }));
    await refresh();
    announce(`${document.name} is removed.`);
  }
  return (
    <ConfirmDialog open onClose={onClose} title={`Remove ${document.name}?`} confirm="Remove from search" danger onConfirm={remove}>
      Search and answers stop finding it. Its versions stay, so that citations of it still open. Adding it again brings it
      back.
    </ConfirmDialog>
  );
}

export function EraseDialog({ document, onClose }: DocumentDialogProps) {
  const refresh = useRefresh();
  const [reason, setReason] = useState("");
  async function erase() {
    const params = { path: { document_id: document.id }, query: { reason: reason.trim() || "Not given" } };
    await call(api.DELETE("/api/v1/documents/{document_id}/content", { params }));
    await refresh();
    announce(`The content of ${document.name} is erased.`);
  }
  return (
    <ConfirmDialog open onClose={onClose} title={`Erase ${document.name}?`} confirm="Erase for good" danger onConfirm={erase}>
      <div className="flex flex-col gap-3">
        <p>
          Removes the file and the text of all its versions from search and from the database. It can't be undone. Digests and
          a tombstone stay in the audit log; answers that cite it keep their own text until their executions are erased too.
        </p>
        <TextField
          label="Reason"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
          hint="Stays in the audit log for good: no personal data."
        />
      </div>
    </ConfirmDialog>
  );
}

export function RemoveCollectionDialog({ namespace, collection, documents, onClose, onRemoved }: {
  namespace: string;
  collection: string;
  documents: number;
  onClose: () => void;
  onRemoved: () => void;
}) {
  const refresh = useRefresh();
  async function remove() {
    const params = { path: { collection }, query: { namespace } };
    const removed = await call(api.DELETE("/api/v1/collections/{collection}", { params }));
    await refresh();
    announce(`${formatCount(removed.documents)} documents are removed.`);
    onRemoved();
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Remove the collection ${collection}?`}
      confirm={documents === 0 ? "Remove the collection" : documents === 1 ? "Remove its document" : `Remove its ${formatCount(documents)} documents`}
      danger
      onConfirm={remove}
    >
      Search and answers stop finding all its documents, and it is listed no more until one is added. Versions stay, so that
      citations still open. Its sources are removed too, so that none brings the documents back.
    </ConfirmDialog>
  );
}

function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    const keys = ["documents", "document", "collections", "search", "sources"];
    await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
  };
}
