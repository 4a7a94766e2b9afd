import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { Library } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { Dialog } from "../../components/Dialog";
import { TextField } from "../../components/Field";
import { formatCount } from "../../components/format";
import { isName } from "../../components/names";
import { Card, Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { type Collection, collectionsQuery } from "./queries";

const columns: ColumnDef<Collection, unknown>[] = [
  {
    header: "Collection",
    cell: ({ row }) => (
      <Link
        to="/documents/$collection"
        params={{ collection: row.original.name }}
        className="font-medium hover:underline"
        onClick={(event) => event.stopPropagation()}
      >
        {row.original.name}
      </Link>
    ),
  },
  { header: "Documents", cell: ({ row }) => formatCount(row.original.documents), meta: { align: "right" } },
  {
    header: "Passages",
    cell: ({ row }) => formatCount(row.original.chunks),
    meta: { align: "right", hideWhenNarrow: true },
  },
  {
    header: "State",
    cell: ({ row: { original } }) => (
      <span className="flex flex-wrap gap-1">
        {original.indexing > 0 && <Badge tone="accent">{original.indexing} on the way</Badge>}
        {original.failed > 0 && <Badge tone="bad">{original.failed} failed</Badge>}
        {original.documents === 0 ? (
          <Badge>Nothing yet</Badge>
        ) : (
          original.indexing + original.failed === 0 && <Badge tone="good">All searchable</Badge>
        )}
      </span>
    ),
  },
  { header: "Since", cell: ({ row }) => <TimeAgo at={row.original.created_at} />, meta: { hideWhenNarrow: true } },
];

export function CollectionList() {
  const namespace = useNamespace();
  const navigate = useNavigate();
  const mayWrite = useCan("documents:write");
  const [creating, setCreating] = useState(false);
  const query = useQuery({
    ...collectionsQuery(namespace),
    refetchInterval: ({ state }) => (state.data?.some((one) => one.indexing > 0) ? 3_000 : false),
  });
  const open = (collection: string) => void navigate({ to: "/documents/$collection", params: { collection } });
  const create = mayWrite && (
    <Button look="primary" icon={Library} onClick={() => setCreating(true)}>
      New collection
    </Button>
  );
  return (
    <Page
      title="Documents"
      description="Collections of documents that are searched and asked as one. Every version is kept and provable."
      actions={create}
    >
      <Loaded query={query}>
        {(rows) => (
          <Card flush>
            {rows.length === 0 ? (
              <EmptyState icon={Library} title="No documents yet" action={create}>
                Make a collection and add PDFs, Office files, CSV, web pages, EPUB books, e-mails, Markdown or text; then ask it.
              </EmptyState>
            ) : (
              <DataTable
                label="Collections"
                columns={columns}
                rows={rows}
                rowKey={(row) => row.name}
                onSelect={(row) => open(row.name)}
                height="75vh"
              />
            )}
          </Card>
        )}
      </Loaded>
      {creating && <NewCollection onClose={() => setCreating(false)} onName={open} />}
    </Page>
  );
}

/** A collection exists with its first document or source: this only chooses the name and leads there. */
function NewCollection({ onClose, onName }: { onClose: () => void; onName: (name: string) => void }) {
  const [name, setName] = useState("");
  const fits = isName(name);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (fits) onName(name);
  }
  return (
    <Dialog open onClose={onClose} title="New collection" description="It appears with its first document, or its first source.">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
          hint="Letters, digits, dots, dashes and underscores."
          error={name && !fits ? "Begin with a letter or digit, and use no spaces." : null}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={!fits}>
            Choose files next
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
