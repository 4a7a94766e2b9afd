import { useQuery } from "@tanstack/react-query";
import { Plus, Server } from "lucide-react";
import { useState } from "react";
import { modelsQuery, useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { Card } from "../../../components/Page";
import { EmptyState, Loaded } from "../../../components/States";
import { NotAllowed } from "../NotAllowed";
import { providersQuery } from "../queries";
import { NewProviderDialog } from "./NewProviderDialog";
import { ProviderCard } from "./ProviderCard";

/** The engine's own model, and the servers that others run on. */
export function ModelsTab() {
  const mayRead = useCan("providers:read");
  const mayWrite = useCan("providers:write");
  const [isCreating, setCreating] = useState(false);
  const providers = useQuery({ ...providersQuery, enabled: mayRead });
  if (!mayRead) return <NotAllowed what="Models are shown to whoever may read which are set up." scope="providers:read" />;
  return (
    <div className="flex max-w-4xl flex-col gap-4">
      <LocalModel />
      <div className="mt-2 flex items-end gap-3">
        <div className="grow">
          <h2 className="text-lg font-semibold">Providers</h2>
          <p className="text-sm text-muted">Servers that speak OpenAI's protocol: vLLM, SGLang, llama-server, TensorRT-LLM, OpenAI.</p>
        </div>
        {mayWrite && (
          <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
            Add a provider
          </Button>
        )}
      </div>
      <Loaded query={providers}>
        {(found) =>
          found.length === 0 ? (
            <Card>
              <EmptyState icon={Server} title="No provider yet">
                The model of the engine runs without one. Add a server to run prompts on its models, under the name{" "}
                <code className="font-mono text-xs">provider/model</code>.
              </EmptyState>
            </Card>
          ) : (
            found.map((provider) => <ProviderCard key={provider.name} provider={provider} />)
          )
        }
      </Loaded>
      {isCreating && <NewProviderDialog onClose={() => setCreating(false)} />}
    </div>
  );
}

function LocalModel() {
  const query = useQuery(modelsQuery);
  return (
    <Card title="The engine's own model">
      <Loaded query={query}>
        {(models) => {
          const local = models.find((model) => model.name === "local");
          if (local === undefined) return <p className="text-sm text-muted">It is still being prepared.</p>;
          return (
            <Facts
              facts={[
                ["Name", <code key="name" className="font-mono text-xs">local</code>],
                ["Weights", local.model],
                local.weights_digest ? ["Their digest", <Digest key="weights" value={local.weights_digest} label="digest of the weights" />] : null,
                local.source_digest ? ["Made from", <Digest key="source" value={local.source_digest} label="digest of the source file" />] : null,
                ["Identity", <Digest key="identity" value={local.digest} label="digest that executions record" />],
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
