import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { Plus, UsersRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { DataTable } from "../../../components/DataTable";
import { Dialog } from "../../../components/Dialog";
import { TextField } from "../../../components/Field";
import { formatCount } from "../../../components/format";
import { useListKeys } from "../../../components/keys";
import { announce } from "../../../components/Live";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, Failure, Loaded } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { TimeAgo } from "../../../components/TimeAgo";
import { NotAllowed } from "../NotAllowed";
import { type Group, groupsQuery } from "../queries";
import type { TabProps } from "../SettingsPage";
import { GroupPanel } from "./GroupPanel";

const FORM = "new-group";

/** Named sets of people and machines, for access lists of documents. */
export function GroupsTab({ search, change }: TabProps) {
  const mayRead = useCan("identity:read");
  const mayWrite = useCan("identity:write");
  const [isCreating, setCreating] = useState(false);
  const query = useQuery({ ...groupsQuery, enabled: mayRead });
  const rows = query.data ?? [];
  const select = (open: string | undefined) => change({ open });
  useListKeys({ keys: rows.map(({ name }) => name), selected: search.open, select, enabled: !isCreating });

  if (!mayRead) return <NotAllowed what="Groups are shown to whoever may read them." scope="identity:read" />;
  const open = rows.find(({ name }) => name === search.open);
  const columns: ColumnDef<Group, unknown>[] = [
    {
      header: "Name",
      cell: ({ row: { original } }) => (
        <button type="button" className="text-left font-medium wrap-anywhere hover:underline" onClick={() => select(original.name)}>
          {original.name}
        </button>
      ),
    },
    { header: "Members", cell: ({ row }) => formatCount(row.original.members), meta: { align: "right" } },
    { header: "Made", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
  ];
  return (
    <Loaded query={query}>
      {() => (
        <WithPanel panel={open && <GroupPanel key={open.name} group={open} onClose={() => select(undefined)} />}>
          <Card
            flush
            title="Groups"
            actions={
              mayWrite && (
                <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
                  New group
                </Button>
              )
            }
          >
            {rows.length === 0 ? (
              <EmptyState icon={UsersRound} title="No groups yet">
                Make one, add people, and name it on a document's page as those who may read it.
              </EmptyState>
            ) : (
              <DataTable label="Groups" columns={columns} rows={rows} rowKey={({ name }) => name} selectedKey={search.open} onSelect={({ name }) => select(name)} height="calc(100dvh - 16rem)" />
            )}
          </Card>
          {isCreating && <NewGroupDialog onClose={() => setCreating(false)} onMade={select} />}
        </WithPanel>
      )}
    </Loaded>
  );
}

function NewGroupDialog({ onClose, onMade }: { onClose: () => void; onMade: (name: string) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const { isBusy, error, attempt } = useAttempt();

  async function create(event: FormEvent) {
    event.preventDefault();
    await attempt(async () => {
      const made = await call(api.POST("/api/v1/groups", { body: { name: name.trim() } }));
      await client.invalidateQueries({ queryKey: groupsQuery.queryKey });
      announce(`The group ${made.name} is there.`);
      onMade(made.name);
      onClose();
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title="New group"
      description="It gives no rights by itself: access lists of documents name it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy}>
            Make the group
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={create} className="flex flex-col gap-4">
        <TextField label="Name" hint="Letters, digits and . _ -" required maxLength={128} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <Failure error={error} />
      </form>
    </Dialog>
  );
}
