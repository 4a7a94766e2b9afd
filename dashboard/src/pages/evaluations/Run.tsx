import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatCount, formatDuration } from "../../components/format";
import { Loaded } from "../../components/States";
import { executionQuery } from "../executions/queries";
import { Trace } from "../executions/Trace";
import { ownSpans } from "./ownSpans";

/** The run that gave an output: its measures and its trace. */
export function Run({ executionId }: { executionId: string | null }) {
  if (executionId === null) return <p className="text-sm text-muted">No run is recorded for this row.</p>;
  return <Recorded executionId={executionId} />;
}

function Recorded({ executionId }: { executionId: string }) {
  const query = useQuery(executionQuery(executionId));
  return (
    <Loaded query={query}>
      {(execution) => (
        <div className="flex flex-col gap-3">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
            {execution.latency_total_ms !== null && <span>{formatDuration(execution.latency_total_ms)}</span>}
            {execution.input_tokens !== null && <span>{formatCount(execution.input_tokens)} tokens in</span>}
            {execution.output_tokens !== null && <span>{formatCount(execution.output_tokens)} tokens out</span>}
            <Link to="/executions" search={{ open: executionId }} className="text-accent-ink hover:underline">Open the execution</Link>
          </p>
          <Trace execution={{ ...execution, spans: ownSpans(execution.spans, executionId) }} />
        </div>
      )}
    </Loaded>
  );
}
