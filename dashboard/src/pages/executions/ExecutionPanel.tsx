import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Digest } from "../../components/Digest";
import { formatCost, formatCount, formatDuration } from "../../components/format";
import { SidePanel } from "../../components/SidePanel";
import { Loaded } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { TimeAgo } from "../../components/TimeAgo";
import { ExecutionActions } from "./ExecutionActions";
import { ExecutionDetails } from "./ExecutionDetails";
import { InputsAndOutput } from "./InputsAndOutput";
import { StatusBadge, titleOf } from "./labels";
import { optional } from "./columns";
import { type Detail, executionQuery } from "./queries";
import type { Tab } from "./search";
import { Trace } from "./Trace";

const TABS = [
  { name: "overview", label: "Inputs and output" },
  { name: "trace", label: "Trace" },
  { name: "details", label: "Details" },
] as const;

/** One execution beside the list. */
export function ExecutionPanel({ id, tab, compare, onTab, onClose }: {
  id: string;
  tab: Tab;
  compare: string | undefined;
  onTab: (tab: Tab) => void;
  onClose: () => void;
}) {
  const query = useQuery(executionQuery(id));
  const execution = query.data;
  return (
    <SidePanel
      title={execution ? titleOf(execution) : "Execution"}
      actions={execution && <ExecutionActions execution={execution} compare={compare} />}
      onClose={onClose}
    >
      <Loaded query={query}>
        {(detail) => (
          <div className="flex flex-col gap-4">
            <Measures execution={detail} />
            <Tabs label="Parts of the execution" tabs={TABS} value={tab} onChange={onTab}>
              {tab === "overview" && <InputsAndOutput execution={detail} />}
              {tab === "trace" && <Trace execution={detail} />}
              {tab === "details" && <ExecutionDetails execution={detail} />}
            </Tabs>
          </div>
        )}
      </Loaded>
    </SidePanel>
  );
}

function Measures({ execution }: { execution: Detail }) {
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <StatusBadge execution={execution} />
        <TimeAgo at={execution.created_at} />
        <Digest value={execution.id} label="execution's id" characters={36} />
      </div>
      <dl className="grid grid-cols-3 gap-x-4 gap-y-3 rounded-md bg-raised px-3 py-2.5 sm:grid-cols-5">
        <Measure name="Total">{optional(execution.latency_total_ms, formatDuration)}</Measure>
        <Measure name="First token">{optional(execution.latency_first_token_ms, formatDuration)}</Measure>
        <Measure name="Tokens in">
          {optional(execution.input_tokens, formatCount)}
          {execution.cached_tokens ? <span className="text-xs text-muted"> ({formatCount(execution.cached_tokens)} cached)</span> : null}
        </Measure>
        <Measure name="Tokens out">{optional(execution.output_tokens, formatCount)}</Measure>
        <Measure name="Cost">{formatCost(execution.cost_usd)}</Measure>
      </dl>
    </div>
  );
}

function Measure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
