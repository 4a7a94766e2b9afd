import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { meQuery, useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { CheckField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { Segments } from "../../../components/Tabs";
import { groupsQuery, principalsQuery } from "../../settings/queries";
import type { Document, Readers } from "../queries";
import { type Choice, choiceOf, isSame, restricted, toggled } from "./readers";

const FORM = "readers";

interface ReadersDialogProps {
  document: Pick<Document, "id" | "name">;
  readers: Readers;
  onClose: () => void;
}

/** Chooses who may read a document: everyone, or some groups and people. */
export function ReadersDialog({ document, readers, onClose }: ReadersDialogProps) {
  const client = useQueryClient();
  const me = useQuery(meQuery).data?.principal.id ?? "";
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
        <div>
          <Segments
            label="Who may read it"
            options={[
              { name: "everyone", label: "Everyone in the tenant" },
              { name: "some", label: "Only whom I choose" },
            ]}
            value={choice.everyone ? "everyone" : "some"}
            onChange={(next) => setChoice(next === "everyone" ? { ...choice, everyone: true } : restricted(choice, me))}
          />
        </div>
        {!choice.everyone && <Choices readers={readers} choice={choice} onChange={setChoice} />}
        <Failure error={error} />
      </form>
    </Dialog>
  );
}

function Choices({ readers, choice, onChange }: { readers: Readers; choice: Choice; onChange: (next: Choice) => void }) {
  const mayRead = useCan("identity:read");
  const groups = useQuery({ ...groupsQuery, enabled: mayRead }).data ?? readers.groups;
  const principals = useQuery({ ...principalsQuery, enabled: mayRead }).data ?? readers.principals;
  return (
    <>
      <Checks
        legend="Groups"
        empty="There are no groups: an owner makes them under Settings."
        options={groups.map(({ name }) => ({ key: name, name }))}
        chosen={choice.groups}
        onChange={(next) => onChange({ ...choice, groups: next })}
      />
      <Checks
        legend="People and machines"
        empty="Nobody can be chosen."
        options={principals.map(({ id, name }) => ({ key: id, name }))}
        chosen={choice.principals}
        onChange={(next) => onChange({ ...choice, principals: next })}
      />
      <p className="text-xs text-muted">You must be among them, by name or in a group.</p>
    </>
  );
}

function Checks({ legend, empty, options, chosen, onChange }: {
  legend: string;
  empty: string;
  options: readonly { key: string; name: string }[];
  chosen: ReadonlySet<string>;
  onChange: (next: ReadonlySet<string>) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {options.length === 0 ? (
        <p className="text-sm text-muted">{empty}</p>
      ) : (
        <div className="grid max-h-48 gap-x-4 gap-y-2 overflow-auto rounded-md border border-line p-3 sm:grid-cols-2">
          {options.map(({ key, name }) => (
            <CheckField key={key} label={name} checked={chosen.has(key)} onChange={(event) => onChange(toggled(chosen, key, event.target.checked))} />
          ))}
        </div>
      )}
    </fieldset>
  );
}
