import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { TextField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { Segments } from "../../../components/Tabs";
import { principalsQuery, type Role } from "../queries";
import { RoleField } from "./RoleField";

const FORM = "new-principal";

/** Adds a person or a machine; it can do nothing until it gets a key. */
export function NewPrincipalDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const client = useQueryClient();
  const [kind, setKind] = useState<"person" | "machine">("person");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const { isBusy, error, attempt } = useAttempt();

  async function create(event: FormEvent) {
    event.preventDefault();
    await attempt(async () => {
      const made = await call(api.POST("/api/v1/principals", { body: { kind, name: name.trim(), role } }));
      await client.invalidateQueries({ queryKey: principalsQuery.queryKey });
      announce(`${made.name} is added. Give it a key under “API keys”.`);
      onMade(made.id);
      onClose();
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a person or a machine"
      description="It can do nothing until it gets a key."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy}>
            Add {kind}
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={create} className="flex flex-col gap-4">
        <div>
          <Segments
            label="Kind"
            options={[
              { name: "person", label: "Person" },
              { name: "machine", label: "Machine" },
            ]}
            value={kind}
            onChange={setKind}
          />
        </div>
        <TextField label="Name" required maxLength={128} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <RoleField value={role} onChange={setRole} />
        <Failure error={error} />
      </form>
    </Dialog>
  );
}
