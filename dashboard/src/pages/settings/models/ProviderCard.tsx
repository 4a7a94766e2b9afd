import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, PlugZap, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, call } from "../../../api/client";
import { modelsQuery, useCan } from "../../../api/queries";
import { Badge } from "../../../components/Badge";
import { Button, IconButton } from "../../../components/Button";
import { ConfirmDialog } from "../../../components/Dialog";
import { Facts } from "../../../components/Facts";
import { formatDuration, formatMoment } from "../../../components/format";
import { announce } from "../../../components/Live";
import { Card } from "../../../components/Page";
import { ErrorState } from "../../../components/States";
import { type Provider, providersQuery } from "../queries";

const MOST_NAMED = 12;

/** One model server: where it is, whether it answers, and how to forget it. */
export function ProviderCard({ provider }: { provider: Provider }) {
  const client = useQueryClient();
  const mayWrite = useCan("providers:write");
  const [isAsking, setAsking] = useState(false);
  const path = { name: provider.name };
  const models = provider.models ?? [];
  const test = useMutation({
    mutationFn: () => call(api.POST("/api/v1/providers/{name}/test", { params: { path } })),
  });

  async function remove() {
    await call(api.DELETE("/api/v1/providers/{name}", { params: { path } }));
    await Promise.all([providersQuery, modelsQuery].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
    announce(`The provider ${provider.name} is deleted.`);
  }

  return (
    <Card
      title={provider.name}
      actions={
        mayWrite && (
          <>
            <Button icon={PlugZap} busy={test.isPending} onClick={() => test.mutate()}>
              Test
            </Button>
            <IconButton icon={Trash2} label={`Delete ${provider.name}`} onClick={() => setAsking(true)} />
          </>
        )
      }
    >
      <div className="flex flex-col gap-3">
        <Facts
          facts={[
            ["Address", <span key="url" className="font-mono text-xs break-all">{provider.base_url}</span>],
            ["Credential", provider.has_credential ? "kept encrypted, never shown" : "none"],
            ["Models", models.length === 0 ? "any that the server knows" : <Names key="models" names={models} />],
            ["Added", formatMoment(provider.created_at)],
          ]}
        />
        <div aria-live="polite">
          {test.data && (
            <div className="flex flex-col gap-2 rounded-md bg-good-soft p-3 text-sm">
              <p className="flex items-center gap-2 text-good">
                <CircleCheck aria-hidden className="size-4" />
                It answered in {formatDuration(test.data.seconds * 1000)} and offers {test.data.models.length}{" "}
                {test.data.models.length === 1 ? "model" : "models"}.
              </p>
              <Names names={test.data.models} />
            </div>
          )}
          {test.error && <ErrorState error={test.error} onRetry={() => test.mutate()} />}
        </div>
      </div>
      <ConfirmDialog open={isAsking} onClose={() => setAsking(false)} title={`Delete ${provider.name}?`} confirm="Delete" danger onConfirm={remove}>
        <p>Prompts that name one of its models fail until they name another. Its credential is forgotten; past executions keep their record.</p>
      </ConfirmDialog>
    </Card>
  );
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {names.slice(0, MOST_NAMED).map((name) => (
        <li key={name} className="max-w-full">
          <Badge className="max-w-full font-mono">
            <span className="truncate">{name}</span>
          </Badge>
        </li>
      ))}
      {names.length > MOST_NAMED && <li className="text-xs text-muted">and {names.length - MOST_NAMED} more</li>}
    </ul>
  );
}
