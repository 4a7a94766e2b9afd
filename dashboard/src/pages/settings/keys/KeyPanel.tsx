import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../../api/client";
import { useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { Digest } from "../../../components/Digest";
import { ConfirmDialog } from "../../../components/Dialog";
import { Facts } from "../../../components/Facts";
import { formatMoment } from "../../../components/format";
import { announce } from "../../../components/Live";
import { SidePanel } from "../../../components/SidePanel";
import { EVERY_SCOPE, type KeyState } from "../keys";
import { type Key, keysQuery } from "../queries";

/** One key: whose it is, what it may, and how to end it. */
export function KeyPanel({ apiKey, state, nameOf, onClose }: {
  apiKey: Key;
  state: KeyState;
  nameOf: (principal: string) => string;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const mayWrite = useCan("identity:write");
  const [isAsking, setAsking] = useState(false);

  async function revoke() {
    await call(api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: apiKey.id } } }));
    await client.invalidateQueries({ queryKey: keysQuery.queryKey });
    announce(`${apiKey.name} is revoked.`);
  }

  return (
    <SidePanel title={apiKey.name} onClose={onClose}>
      <div className="flex flex-col gap-5">
        <Facts
          facts={[
            ["State", state],
            ["Belongs to", nameOf(apiKey.principal_id)],
            ["Made by", nameOf(apiKey.created_by)],
            ["Made", formatMoment(apiKey.created_at)],
            ["Last used", apiKey.last_used_at ? `${formatMoment(apiKey.last_used_at)} (to five minutes)` : "never"],
            ["Expires", apiKey.expires_at ? formatMoment(apiKey.expires_at) : "never"],
            apiKey.revoked_at ? ["Revoked", formatMoment(apiKey.revoked_at)] : null,
            ["Limit", `${apiKey.requests_per_second} requests/s, ${apiKey.burst} at once`],
            ["Id", <Digest key="id" value={apiKey.id} label="id" characters={36} />],
          ]}
        />
        <section>
          <h3 className="mb-1.5 text-sm font-medium">May</h3>
          {apiKey.scopes.includes(EVERY_SCOPE) ? (
            <p className="text-sm text-muted">Everything that the role of {nameOf(apiKey.principal_id)} allows, now and later.</p>
          ) : apiKey.scopes.length === 0 ? (
            <p className="text-sm text-muted">Nothing but ask who it is.</p>
          ) : (
            <ul className="flex flex-wrap gap-1.5">
              {apiKey.scopes.map((scope) => (
                <li key={scope}>
                  <Badge className="font-mono">{scope}</Badge>
                </li>
              ))}
            </ul>
          )}
        </section>
        {mayWrite && state !== "revoked" && (
          <div>
            <Button look="danger" onClick={() => setAsking(true)}>
              Revoke
            </Button>
          </div>
        )}
      </div>
      <ConfirmDialog open={isAsking} onClose={() => setAsking(false)} title={`Revoke ${apiKey.name}?`} confirm="Revoke" danger onConfirm={revoke}>
        <p>Whatever uses this key is refused from now on, and every browser that signed in with it is signed out. This can't be taken back.</p>
      </ConfirmDialog>
    </SidePanel>
  );
}
