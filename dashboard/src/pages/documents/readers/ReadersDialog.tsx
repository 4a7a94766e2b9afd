import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { announce } from "../../../components/Live";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import type { Document, Readers } from "../queries";
import { choiceOf, isSame } from "./readers";
import { ReadersField } from "./ReadersField";

const FORM = "readers";

interface ReadersDialogProps {
  document: Pick<Document, "id" | "name">;
  readers: Readers;
  onClose: () => void;
}

/** Chooses who may read a document: everyone, or some groups and people. */
export function ReadersDialog({ document, readers, onClose }: ReadersDialogProps) {
  const client = useQueryClient();
  const [choice, setChoice] = useState(() => choiceOf(readers));
  const { isBusy, error, attempt } = useAttempt();

  async function save(event: FormEvent) {
    event.preventDefault();
    const params = { path: { document_id: document.id } };
    const path = "/api/v1/documents/{document_id}/readers";
    const body = { groups: [...choice.groups], principals: [...choice.principals] };
    await attempt(async () => {
      await call(choice.everyone ? api.DELETE(path, { params }) : api.PUT(path, { params, body }));
      const keys = ["document", "documents", "collections", "search"];
      await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
      announce(choice.everyone ? `Everyone may read ${document.name}.` : `Who may read ${document.name} is changed.`);
      onClose();
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={`Who may read ${document.name}?`}
      description="For everybody else it does not exist: not in lists, search or answers. It takes effect at once, for all versions."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy} disabled={isSame(choice, choiceOf(readers))}>
            Save
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={save} className="flex flex-col gap-4">
        <ReadersField readers={readers} choice={choice} onChange={setChoice} />
        <Failure error={error} />
      </form>
    </Dialog>
  );
}
