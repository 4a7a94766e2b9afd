import { Link } from "@tanstack/react-router";
import { Badge } from "../../components/Badge";
import { Digest } from "../../components/Digest";
import { SidePanel } from "../../components/SidePanel";
import { Tabs } from "../../components/Tabs";
import { Value } from "../datasets/Value";
import type { Evaluation, Item } from "./queries";
import { Run } from "./Run";
import { formatScore, measureOf } from "./scores";

const TABS = [
  { name: "row", label: "Row and output" },
  { name: "trace", label: "Trace" },
] as const;

/** One row of an evaluation beside the list, and the trace of its run. */
export function ItemPanel({ evaluation, item, isTrace, onTrace, onClose }: {
  evaluation: Evaluation;
  item: Item;
  isTrace: boolean;
  onTrace: (trace: boolean) => void;
  onClose: () => void;
}) {
  return (
    <SidePanel title={`Row ${item.position + 1}`} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <Scores evaluation={evaluation} item={item} />
        <Tabs label="Parts of the row" tabs={TABS} value={isTrace ? "trace" : "row"} onChange={(tab) => onTrace(tab === "trace")}>
          {!isTrace ? (
            <div className="flex flex-col gap-5">
              {item.error_code && <p className="rounded-md bg-bad-soft p-3 text-sm text-bad">The run gave no output: <span className="font-mono text-xs">{item.error_code}</span></p>}
              <Value title="Output" value={item.output} />
              <Value title="Expected" value={item.expected} />
              <Value title="Inputs" value={item.inputs} none="Erased." />
              <p className="flex flex-wrap items-center gap-1 text-xs text-muted">
                Row <Digest value={item.row_digest} label="row's digest" />
                {item.reused && <Badge>output of an earlier evaluation</Badge>}
              </p>
            </div>
          ) : (
            <Run executionId={item.execution_id} />
          )}
        </Tabs>
      </div>
    </SidePanel>
  );
}

function Scores({ evaluation, item }: { evaluation: Evaluation; item: Item }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 rounded-md bg-raised px-3 py-2.5 sm:grid-cols-4">
      {item.scores.map((score) => (
        <div key={score.scorer} className="min-w-0">
          <dt className="text-xs break-words text-muted">{score.scorer}</dt>
          <dd className="font-medium break-words">
            {score.failure_code ?? formatScore(score.value, measureOf(evaluation, score.scorer))}
            {score.execution_id && (
              <Link to="/executions" search={{ open: score.execution_id }} className="block text-xs font-normal text-accent-ink hover:underline">the judge's run</Link>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
