import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { meQuery } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { SelectField, TextField } from "../../../components/Field";
import { ErrorState, Failure, Skeleton } from "../../../components/States";
import { EVERY_SCOPE, expiryAfter, LIFETIMES, scopeChoices } from "../keys";
import { keysQuery, type Permissions, permissionsQuery, type Principal, principalsQuery } from "../queries";
import { NewKey } from "./NewKey";
import { ScopeFields } from "./ScopeFields";

const FORM = "new-key";
const DEFAULT_RATE = 50;
const DEFAULT_BURST = 200;

/** Makes a key, then shows it for the only time. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const permissions = useQuery(permissionsQuery);
  const principals = useQuery(principalsQuery);
  const me = useQuery(meQuery);
  const isReady = permissions.data && principals.data && me.data;
  if (made !== null) return <NewKey apiKey={made} onClose={onClose} />;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="New API key"
      description="A key stands for a person or a machine, and may do at most what their role allows."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy} disabled={!isReady}>
            Create key
          </Button>
        </>
      }
    >
      {isReady ? (
        <KeyForm permissions={permissions.data} principals={principals.data} own={me.data.scopes} myself={me.data.principal.id} onBusy={setBusy} onMade={setMade} />
      ) : (
        <NotReady queries={[permissions, principals, me]} />
      )}
    </Dialog>
  );
}

function NotReady({ queries }: { queries: readonly { error: unknown; refetch: () => unknown }[] }) {
  const failed = queries.find((query) => query.error);
  return failed ? <ErrorState error={failed.error} onRetry={() => void failed.refetch()} /> : <Skeleton lines={5} />;
}

interface KeyFormProps {
  permissions: Permissions;
  principals: readonly Principal[];
  /** The scopes of whoever makes the key. */
  own: readonly string[];
  myself: string;
  onBusy: (isBusy: boolean) => void;
  onMade: (apiKey: string) => void;
}

function KeyForm({ permissions, principals, own, myself, onBusy, onMade }: KeyFormProps) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [principalId, setPrincipalId] = useState(myself);
  const [days, setDays] = useState<number | null>(90);
  const [rate, setRate] = useState(String(DEFAULT_RATE));
  const [burst, setBurst] = useState(String(DEFAULT_BURST));
  const [scopes, setScopes] = useState<readonly string[]>([EVERY_SCOPE]);
  const [error, setError] = useState<unknown>(null);
  const enabled = principals.filter((principal) => principal.disabled_at === null);
  const principal = enabled.find(({ id }) => id === principalId) ?? enabled[0]!;
  const choices = scopeChoices(permissions, own, principal);
  const given = scopes.filter((scope) => scope === EVERY_SCOPE || choices.some((one) => one.scope === scope && one.reason === null));
  const [isTried, setTried] = useState(false);

  async function create(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (given.length === 0) return;
    onBusy(true);
    setError(null);
    try {
      const body = {
        name: name.trim(),
        principal_id: principal.id,
        scopes: given,
        expires_at: expiryAfter(days, Date.now()),
        requests_per_second: Number(rate),
        burst: Number(burst),
      };
      const made = await call(api.POST("/api/v1/keys", { body }));
      void client.invalidateQueries({ queryKey: keysQuery.queryKey });
      onMade(made.api_key);
    } catch (failure) {
      setError(failure);
    } finally {
      onBusy(false);
    }
  }

  return (
    <form id={FORM} onSubmit={create} className="flex flex-col gap-4">
      <TextField label="Name" hint="Where it is used, such as “website” or “laptop”." required maxLength={128} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Belongs to" value={principal.id} onChange={(event) => setPrincipalId(event.target.value)}>
          {enabled.map(({ id, name: label, role }) => (
            <option key={id} value={id}>
              {label} ({role}){id === myself ? ", you" : ""}
            </option>
          ))}
        </SelectField>
        <SelectField label="Expires" value={days ?? ""} onChange={(event) => setDays(event.target.value === "" ? null : Number(event.target.value))}>
          {LIFETIMES.map((lifetime) => (
            <option key={lifetime.label} value={lifetime.days ?? ""}>
              {lifetime.label}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Requests a second"
          hint="Beyond it, the key is told to wait."
          type="number"
          min={0.01}
          max={10_000}
          step="any"
          required
          value={rate}
          onChange={(event) => setRate(event.target.value)}
        />
        <TextField
          label="At once"
          hint="So many may come together."
          type="number"
          min={1}
          max={100_000}
          required
          value={burst}
          onChange={(event) => setBurst(event.target.value)}
        />
      </div>
      <ScopeFields choices={choices} role={principal.role} scopes={scopes} error={isTried && given.length === 0 ? "Choose at least one: the key could do nothing." : null} onChange={setScopes} />
      <Failure error={error} />
    </form>
  );
}
