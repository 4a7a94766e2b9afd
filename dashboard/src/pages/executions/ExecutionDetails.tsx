import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCan } from "../../api/queries";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatMoment } from "../../components/format";
import { Feedback } from "./Feedback";
import { Group } from "./Group";
import { kindName } from "./labels";
import { type Detail, principalsQuery } from "./queries";
import { oneLine } from "./readable";
import { Steps } from "./Steps";

/** Everything that identifies the run: version, lock, model, parameters, commitments, and its relations. */
export function ExecutionDetails({ execution }: { execution: Detail }) {
  const people = useQuery(principalsQuery(useCan("identity:read"))).data;
  const { artifact, model } = execution;
  const parameters = Object.entries(execution.parameters).filter(([, value]) => value !== null);
  return (
    <div className="flex flex-col gap-5">
      <Group title="Run">
        <Facts
          facts={[
            ["Kind", kindName(execution.kind)],
            ["Namespace", execution.namespace],
            ["Run by", people?.get(execution.actor_id) ?? <Digest value={execution.actor_id} label="id" characters={36} />],
            ["Started", formatMoment(execution.created_at)],
            execution.ended_at ? ["Ended", formatMoment(execution.ended_at)] : null,
            execution.finish_reason ? ["Finish reason", execution.finish_reason] : null,
            execution.trace_id ? ["Trace", <Digest key="trace" value={execution.trace_id} label="trace id" characters={16} />] : null,
          ]}
        />
      </Group>
      {artifact && (
        <Group title="Version">
          <Facts
            facts={[
              ["Version", <Artifact key="version" artifact={artifact} />],
              artifact.label ? ["Asked for by", `label ${artifact.label}`] : null,
              ["Version digest", <Digest key="digest" value={artifact.digest} label="version's digest" />],
              artifact.lock_digest
                ? ["Lock digest", <Digest key="lock" value={artifact.lock_digest} label="lock's digest" />]
                : null,
            ]}
          />
        </Group>
      )}
      {model && (
        <Group title="Model">
          <Facts
            facts={[
              ["Model", `${model.model} (${model.provider})`],
              ["Model digest", <Digest key="digest" value={model.digest} label="model's digest" />],
              model.weights_digest ? ["Weights", <Digest key="weights" value={model.weights_digest} label="digest of the weights" />] : null,
              model.source_digest ? ["Made from", <Digest key="source" value={model.source_digest} label="digest of the source file" />] : null,
              ["Seed", execution.seed === null ? "none" : String(execution.seed)],
              ...parameters.filter(([name]) => name !== "seed").map(([name, value]) => [
                name, <span key={name} className="font-mono text-xs">{oneLine(value)}</span>,
              ] as const),
            ]}
          />
        </Group>
      )}
      <Group title="Commitments">
        <Facts
          facts={[
            ["Inputs", execution.inputs.commitment ? <Digest value={execution.inputs.commitment} label="commitment to the inputs" /> : "none"],
            ["Output", execution.output.commitment ? <Digest value={execution.output.commitment} label="commitment to the output" /> : "none"],
          ]}
        />
      </Group>
      {execution.sources.length > 0 && (
        <Group title="Document versions it was retrieved from">
          <ul className="flex flex-col gap-1">
            {execution.sources.map((source) => (
              <li key={source}><Digest value={source} label="document version's id" characters={36} /></li>
            ))}
          </ul>
        </Group>
      )}
      <Feedback id={execution.id} />
      <Steps execution={execution} />
    </div>
  );
}

const LINK = "text-accent-ink hover:underline";

function Artifact({ artifact }: { artifact: NonNullable<Detail["artifact"]> }) {
  const name = `${artifact.name}/${artifact.number}`;
  return (
    <span className="flex flex-wrap gap-x-3">
      {artifact.kind.replaceAll("_", " ")}
      {artifact.kind === "prompt" ? (
        <Link to="/prompts/$name" params={{ name: artifact.name }} search={{ version: String(artifact.number) }} className={LINK}>{name}</Link>
      ) : (
        <span className="font-medium">{name}</span>
      )}
      <Link from="/executions" to="/executions" resetScroll={false} search={(search) => ({ ...search, artifact: artifact.name, version: artifact.number })} className={LINK}>
        All its runs
      </Link>
    </span>
  );
}
