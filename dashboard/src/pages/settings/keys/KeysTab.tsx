import { useQuery } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useCan } from "../../../api/queries";
import { Badge, type Tone } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { CheckField } from "../../../components/Field";
import { useListKeys } from "../../../components/keys";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, Loaded } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { describeScopes, type KeyState, sortedKeys, stateOf } from "../keys";
import { NotAllowed } from "../NotAllowed";
import { type Key, keysQuery, principalsQuery } from "../queries";
import type { TabProps } from "../SettingsPage";
import { KeyPanel } from "./KeyPanel";
import { NewKeyDialog } from "./NewKeyDialog";

const TONES: Record<KeyState, Tone> = { active: "good", expired: "warn", revoked: "neutral" };

export function KeysTab({ search, change }: TabProps) {
  const mayRead = useCan("identity:read");
  const mayWrite = useCan("identity:write");
  const [isCreating, setCreating] = useState(false);
  const keys = useQuery({ ...keysQuery, enabled: mayRead });
  const principals = useQuery({ ...principalsQuery, enabled: mayRead });
  const now = keys.dataUpdatedAt;
  const rows = useMemo(() => {
    const sorted = sortedKeys(keys.data ?? [], now);
    return search.all ? sorted : sorted.filter((key) => stateOf(key, now) === "active" || key.id === search.open);
  }, [keys.data, now, search.all, search.open]);
  const select = (open: string | undefined) => change({ open });
  useListKeys({ keys: rows.map((key) => key.id), selected: search.open, select, enabled: !isCreating });

  if (!mayRead) return <NotAllowed what="Keys are listed for whoever may read who has access." scope="identity:read" />;
  const nameOf = (id: string) => principals.data?.find((principal) => principal.id === id)?.name ?? "…";
  const open = rows.find((key) => key.id === search.open);
  const columns: ColumnDef<Key, unknown>[] = [
    {
      header: "Name",
      cell: ({ row: { original: key } }) => (
        <button type="button" className="text-left font-medium wrap-anywhere hover:underline" onClick={() => select(key.id)}>
          {key.name}
        </button>
      ),
    },
    { header: "Belongs to", cell: ({ row }) => <span className="wrap-break-word">{nameOf(row.original.principal_id)}</span> },
    { header: "Scopes", cell: ({ row }) => describeScopes(row.original.scopes), meta: { hideWhenNarrow: true } },
    {
      header: "Last used",
      cell: ({ row: { original: key } }) => (key.last_used_at ? <TimeAgo at={key.last_used_at} /> : <span className="text-muted">never</span>),
    },
    {
      header: "Expires",
      cell: ({ row: { original: key } }) => (key.expires_at ? <TimeAgo at={key.expires_at} /> : <span className="text-muted">never</span>),
      meta: { hideWhenNarrow: true },
    },
    {
      header: "State",
      cell: ({ row }) => <Badge tone={TONES[stateOf(row.original, now)]}>{stateOf(row.original, now)}</Badge>,
    },
  ];
  return (
    <Loaded query={keys}>
      {() => (
        <WithPanel panel={open && <KeyPanel key={open.id} apiKey={open} state={stateOf(open, now)} nameOf={nameOf} onClose={() => select(undefined)} />}>
          <Card
            flush
            title="API keys"
            actions={
              <>
                <CheckField label="Show ended ones" checked={search.all ?? false} onChange={(event) => change({ all: event.target.checked || undefined })} />
                {mayWrite && (
                  <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
                    New key
                  </Button>
                )}
              </>
            }
          >
            {rows.length === 0 ? (
              <EmptyState icon={KeyRound} title="No key in use">
                Give every person and every program a key of its own: each can be revoked alone.
              </EmptyState>
            ) : (
              <DataTable label="API keys" columns={columns} rows={rows} rowKey={(key) => key.id} selectedKey={search.open} onSelect={(key) => select(key.id)} height="calc(100dvh - 16rem)" />
            )}
          </Card>
          {isCreating && <NewKeyDialog onClose={() => setCreating(false)} />}
        </WithPanel>
      )}
    </Loaded>
  );
}
