import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, call } from "../../api/client";
import { namespacesQuery, useCan } from "../../api/queries";
import { DEFAULT_NAMESPACE, useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { Card } from "../../components/Page";
import { Failure, Loaded } from "../../components/States";
import { useAttempt } from "../../components/useAttempt";
import { TimeAgo } from "../../components/TimeAgo";

/** Projects inside the tenant. */
export function NamespacesTab() {
  const query = useQuery(namespacesQuery);
  const current = useNamespace();
  const mayWrite = useCan("identity:write");
  return (
    <div className="grid max-w-4xl items-start gap-4 md:grid-cols-[minmax(0,1fr)_20rem]">
      <Card title="Namespaces" flush>
        <Loaded query={query}>
          {(namespaces) => (
            <ul>
              {namespaces.map(({ name, created_at }) => (
                <li key={name} className="flex h-11 items-center gap-3 border-b border-line px-4 text-sm last:border-0">
                  <Link
                    to="/prompts"
                    search={{ namespace: name === DEFAULT_NAMESPACE ? undefined : name }}
                    className="min-w-0 truncate font-medium hover:underline"
                  >
                    {name}
                  </Link>
                  {name === current && <Badge tone="accent">current</Badge>}
                  <span className="ml-auto text-muted">
                    <TimeAgo at={created_at} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      {mayWrite && <NewNamespace />}
    </div>
  );
}

function NewNamespace() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const { isBusy, error, attempt } = useAttempt();

  async function create(event: FormEvent) {
    event.preventDefault();
    await attempt(async () => {
      await call(api.POST("/api/v1/namespaces", { body: { name: name.trim() } }));
      await client.invalidateQueries({ queryKey: namespacesQuery.queryKey });
      announce(`The namespace ${name.trim()} is there.`);
      setName("");
    });
  }

  return (
    <Card title="New namespace">
      <form onSubmit={create} className="flex flex-col items-stretch gap-3">
        <TextField
          label="Name"
          hint="A project of its own: names of prompts and collections are unique inside it. It can't be renamed."
          required
          maxLength={128}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Failure error={error} />
        <Button look="primary" type="submit" busy={isBusy}>
          Create namespace
        </Button>
      </form>
    </Card>
  );
}
