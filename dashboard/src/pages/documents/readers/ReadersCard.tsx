import { useQuery } from "@tanstack/react-query";
import { LockKeyhole, Users, UsersRound, UserRound } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Card } from "../../../components/Page";
import { Loaded } from "../../../components/States";
import { type Document, type Readers, readersQuery } from "../queries";
import { ReadersDialog } from "./ReadersDialog";

/** Who may read a document, and the way to change it. */
export function ReadersCard({ document }: { document: Pick<Document, "id" | "name"> }) {
  const query = useQuery(readersQuery(document.id));
  const mayWrite = useCan("documents:write");
  const [isChanging, setChanging] = useState(false);
  return (
    <Card
      title="Who may read it"
      actions={
        mayWrite &&
        query.data && (
          <Button icon={LockKeyhole} onClick={() => setChanging(true)}>
            Change
          </Button>
        )
      }
    >
      <Loaded query={query}>{(readers) => <ReadersList readers={readers} />}</Loaded>
      {isChanging && query.data && <ReadersDialog document={document} readers={query.data} onClose={() => setChanging(false)} />}
    </Card>
  );
}

/** Everyone, or groups and people by name. */
export function ReadersList({ readers }: { readers: Readers }) {
  if (!readers.restricted) {
    return (
      <p className="flex items-center gap-2 text-sm">
        <Users aria-hidden className="size-4 text-muted" /> Everyone in the tenant
      </p>
    );
  }
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {readers.groups.map(({ id, name }) => (
        <li key={id} className="flex items-baseline gap-2 wrap-anywhere">
          <UsersRound role="img" aria-label="Group" className="size-4 shrink-0 self-center text-muted" /> {name}
        </li>
      ))}
      {readers.principals.map(({ id, name }) => (
        <li key={id} className="flex items-baseline gap-2 wrap-anywhere">
          <UserRound role="img" aria-label="Person or machine" className="size-4 shrink-0 self-center text-muted" /> {name}
        </li>
      ))}
    </ul>
  );
}
