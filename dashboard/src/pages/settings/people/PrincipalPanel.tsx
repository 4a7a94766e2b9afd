import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, call, type Schema } from "../../../api/client";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Digest } from "../../../components/Digest";
import { ConfirmDialog } from "../../../components/Dialog";
import { Facts } from "../../../components/Facts";
import { formatMoment } from "../../../components/format";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { stateOf } from "../keys";
import { keysQuery, type Principal, principalsQuery, type Role } from "../queries";
import { RoleField } from "./RoleField";

type Change = Schema<"PrincipalChange">;

/** One person or machine: role, keys, and the switch that turns it off. */
export function PrincipalPanel({ principal, onClose }: { principal: Principal; onClose: () => void }) {
  const client = useQueryClient();
  const mayWrite = useCan("identity:write");
  const [role, setRole] = useState(principal.role as Role);
  const [asked, setAsked] = useState<Change | null>(null);
  const isOff = principal.disabled_at !== null;

  async function apply() {
    const changed = await call(
      api.PATCH("/api/v1/principals/{principal_id}", { params: { path: { principal_id: principal.id } }, body: asked! }),
    );
    await client.invalidateQueries({ queryKey: principalsQuery.queryKey });
    announce(asked?.role ? `${changed.name} is ${changed.role} now.` : `${changed.name} is ${changed.disabled_at ? "disabled" : "enabled"}.`);
  }

  return (
    <SidePanel title={principal.name} onClose={onClose}>
      <div className="flex flex-col gap-5">
        <Facts
          facts={[
            ["Kind", principal.kind],
            ["Added", formatMoment(principal.created_at)],
            ["State", isOff ? `disabled since ${formatMoment(principal.disabled_at!)}` : "enabled"],
            ["Id", <Digest key="id" value={principal.id} label="id" characters={36} />],
          ]}
        />
        <KeysOf principal={principal} />
        {mayWrite && (
          <>
            <div className="flex flex-col items-start gap-2">
              <RoleField value={role} onChange={setRole} />
              <Button look="primary" disabled={role === principal.role} onClick={() => setAsked({ role })}>
                Change the role
              </Button>
            </div>
            <div>
              <Button look={isOff ? "secondary" : "danger"} onClick={() => setAsked({ disabled: !isOff })}>
                {isOff ? "Enable" : "Disable"}
              </Button>
            </div>
          </>
        )}
      </div>
      <ConfirmDialog
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={asked?.role ? `Make ${principal.name} ${asked.role}?` : `${isOff ? "Enable" : "Disable"} ${principal.name}?`}
        confirm={asked?.role ? "Change the role" : isOff ? "Enable" : "Disable"}
        danger={asked?.disabled === true}
        onConfirm={apply}
      >
        <p>All keys and sessions of {principal.name} follow at once.</p>
      </ConfirmDialog>
    </SidePanel>
  );
}

function KeysOf({ principal }: { principal: Principal }) {
  const { data, dataUpdatedAt } = useQuery(keysQuery);
  const keys = data?.filter((key) => key.principal_id === principal.id && stateOf(key, dataUpdatedAt) === "active") ?? [];
  return (
    <section>
      <h3 className="mb-1 text-sm font-medium">Keys in use</h3>
      {keys.length === 0 ? (
        <p className="text-sm text-muted">None: it can't do anything yet.</p>
      ) : (
        <ul className="flex flex-wrap gap-x-3 gap-y-1 text-sm">
          {keys.map((key) => (
            <li key={key.id}>
              <Link to="/settings" search={{ open: key.id }} className="text-accent-ink underline underline-offset-2">
                {key.name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
