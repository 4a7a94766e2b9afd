import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2, UserMinus } from "lucide-react";
import { useState } from "react";
import { api, call } from "../../../api/client";
import { asProblem } from "../../../api/problem";
import { useCan } from "../../../api/queries";
import { Button, IconButton } from "../../../components/Button";
import { ConfirmDialog } from "../../../components/Dialog";
import { SelectField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { Loaded } from "../../../components/States";
import { type Group, groupsQuery, membersQuery, type Principal, principalsQuery } from "../queries";
import { addable } from "./members";

/** One group: who belongs to it, and who joins or leaves. */
export function GroupPanel({ group, onClose }: { group: Group; onClose: () => void }) {
  const client = useQueryClient();
  const mayWrite = useCan("identity:write");
  const members = useQuery(membersQuery(group.name));
  const principals = useQuery(principalsQuery).data ?? [];
  const [chosen, setChosen] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const choices = addable(principals, members.data ?? []);

  async function put(principal: Principal, isMember: boolean) {
    const params = { path: { name: group.name, principal_id: principal.id } };
    const path = "/api/v1/groups/{name}/members/{principal_id}";
    setBusy(true);
    try {
      await call(isMember ? api.PUT(path, { params }) : api.DELETE(path, { params }));
      await client.invalidateQueries({ queryKey: groupsQuery.queryKey });
      setChosen("");
      announce(`${principal.name} is ${isMember ? "in" : "out of"} ${group.name}.`);
    } catch (failure) {
      announce(asProblem(failure).message, "bad");
    } finally {
      setBusy(false);
    }
  }

  async function remove() {
    await call(api.DELETE("/api/v1/groups/{name}", { params: { path: { name: group.name } } }));
    onClose();
    await client.invalidateQueries({ queryKey: groupsQuery.queryKey });
    announce(`The group ${group.name} is deleted.`);
  }

  return (
    <SidePanel title={group.name} onClose={onClose}>
      <div className="flex flex-col gap-5">
        <section aria-label="Members">
          <h3 className="mb-1 text-sm font-medium">Members</h3>
          <Loaded query={members}>
            {(found) =>
              found.length === 0 ? (
                <p className="text-sm text-muted">Nobody yet: what is for this group alone is read by nobody through it.</p>
              ) : (
                <ul>
                  {found.map((one) => (
                    <li key={one.id} className="flex min-h-9 items-center gap-2 border-b border-line text-sm last:border-0">
                      <span className="min-w-0 grow wrap-anywhere">{one.name}</span>
                      <span className="text-muted">{one.disabled_at ? "disabled" : one.kind}</span>
                      {mayWrite && <IconButton icon={UserMinus} label={`Take ${one.name} out`} disabled={isBusy} onClick={() => void put(one, false)} />}
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </section>
        {mayWrite && (
          <>
            <form
              className="flex items-end gap-2"
              onSubmit={(event) => {
                event.preventDefault();
                const principal = choices.find(({ id }) => id === chosen);
                if (principal) void put(principal, true);
              }}
            >
              <SelectField label="Add" fieldClassName="grow" value={chosen} onChange={(event) => setChosen(event.target.value)}>
                <option value="">{choices.length === 0 ? "Everybody belongs to it" : "A person or machine"}</option>
                {choices.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </SelectField>
              <Button look="primary" type="submit" busy={isBusy} disabled={chosen === ""}>
                Add
              </Button>
            </form>
            <div>
              <Button look="danger" icon={Trash2} onClick={() => setDeleting(true)}>
                Delete the group
              </Button>
            </div>
          </>
        )}
      </div>
      <ConfirmDialog open={isDeleting} onClose={() => setDeleting(false)} title={`Delete ${group.name}?`} confirm="Delete the group" danger onConfirm={remove}>
        <p>Its members may read nothing through it any more. A group that an access list names stays.</p>
      </ConfirmDialog>
    </SidePanel>
  );
}
