import { Link } from "@tanstack/react-router";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatCount } from "../../components/format";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import type { Evaluation } from "./queries";
import { StateBadge } from "./StateBadge";

/** What ran on what, and by whom: all that another evaluation needs to be the same. */
export function About({ evaluation }: { evaluation: Evaluation }) {
  const { name, number, label, dataset_name, dataset_number, split, parameters } = evaluation;
  return (
    <details className="rounded-lg border border-line bg-surface">
      <summary className="px-4 py-2.5 text-sm font-semibold">What ran, on what</summary>
      <div className="grid items-start gap-x-8 gap-y-1.5 px-4 pb-4 lg:grid-cols-2">
        <Facts
          facts={[
            ["Version", <span key="version"><Link to="/prompts/$name" params={{ name }} search={{ version: String(number) }} className="font-medium hover:underline">{name}/{number}</Link>{label && ` (as ${label})`}</span>],
            ["Dataset", <span key="dataset"><Link to="/datasets/$name" params={{ name: dataset_name }} search={{ version: String(dataset_number), split }} className="font-medium hover:underline">{dataset_name}/{dataset_number}</Link>, {split}</span>],
            ["Rows", `${formatCount(evaluation.rows)}${outcome(evaluation)}`],
            ["Model", evaluation.model],
            Object.keys(parameters).length > 0 ? ["Parameters", Object.entries(parameters).map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ")] : null,
          ]}
        />
        <Facts
          facts={[
            ["State", <StateBadge key="state" state={evaluation.state} />],
            ["Started", <span key="by"><Principal id={evaluation.actor_id} />, <TimeAgo at={evaluation.created_at} /></span>],
            ["Version's lock", <Digest key="lock" value={evaluation.lock_digest} label="lock's digest" />],
            ["Split", <Digest key="split" value={evaluation.split_digest} label="split's digest" />],
            ["Evaluation", <Digest key="id" value={evaluation.id} label="evaluation's id" characters={36} />],
          ]}
        />
      </div>
    </details>
  );
}

function outcome({ failed_rows: failed, reused_rows: reused }: Evaluation): string {
  const parts = [
    failed !== null && failed > 0 && `${formatCount(failed)} failed`,
    reused !== null && reused > 0 && `${formatCount(reused)} taken from earlier evaluations`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}
