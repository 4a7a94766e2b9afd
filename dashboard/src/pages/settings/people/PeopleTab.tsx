import { useQuery } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { Bot, Plus, UserRound, Users } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { useListKeys } from "../../../components/keys";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, Loaded } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { NotAllowed } from "../NotAllowed";
import { type Principal, principalsQuery } from "../queries";
import type { TabProps } from "../SettingsPage";
import { NewPrincipalDialog } from "./NewPrincipalDialog";
import { PrincipalPanel } from "./PrincipalPanel";

/** Who has access: persons and machines, and their roles. */
export function PeopleTab({ search, change }: TabProps) {
  const mayRead = useCan("identity:read");
  const mayWrite = useCan("identity:write");
  const [isCreating, setCreating] = useState(false);
  const query = useQuery({ ...principalsQuery, enabled: mayRead });
  const rows = query.data ?? [];
  const select = (open: string | undefined) => change({ open });
  useListKeys({ keys: rows.map(({ id }) => id), selected: search.open, select, enabled: !isCreating });

  if (!mayRead) return <NotAllowed what="Who has access is shown to whoever may read it." scope="identity:read" />;
  const open = rows.find(({ id }) => id === search.open);
  const columns: ColumnDef<Principal, unknown>[] = [
    {
      header: "Name",
      cell: ({ row: { original: principal } }) => (
        <button type="button" className="flex items-center gap-2 text-left font-medium wrap-anywhere hover:underline" onClick={() => select(principal.id)}>
          {principal.kind === "person" ? <UserRound aria-hidden className="size-4 text-muted" /> : <Bot aria-hidden className="size-4 text-muted" />}
          {principal.name}
        </button>
      ),
    },
    { header: "Kind", cell: ({ row }) => row.original.kind, meta: { hideWhenNarrow: true } },
    { header: "Role", cell: ({ row }) => <Badge tone={row.original.role === "owner" ? "accent" : "neutral"}>{row.original.role}</Badge> },
    { header: "Added", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
    {
      header: "State",
      cell: ({ row }) => <Badge tone={row.original.disabled_at ? "neutral" : "good"}>{row.original.disabled_at ? "disabled" : "enabled"}</Badge>,
    },
  ];
  return (
    <Loaded query={query}>
      {() => (
        <WithPanel panel={open && <PrincipalPanel key={open.id} principal={open} onClose={() => select(undefined)} />}>
          <Card
            flush
            title="People and machines"
            actions={
              mayWrite && (
                <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
                  Add
                </Button>
              )
            }
          >
            {rows.length === 0 ? (
              <EmptyState icon={Users} title="Nobody yet">Add a person or a machine, then give it a key.</EmptyState>
            ) : (
              <DataTable label="People and machines" columns={columns} rows={rows} rowKey={({ id }) => id} selectedKey={search.open} onSelect={({ id }) => select(id)} height="calc(100dvh - 16rem)" />
            )}
          </Card>
          {isCreating && <NewPrincipalDialog onClose={() => setCreating(false)} onMade={select} />}
        </WithPanel>
      )}
    </Loaded>
  );
}
