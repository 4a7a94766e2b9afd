import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";
import { Badge } from "../../components/Badge";
import { CopyButton } from "../../components/CopyButton";
import { formatCost, formatCount, formatDuration } from "../../components/format";
import { Card } from "../../components/Page";
import { ErrorState, Loaded } from "../../components/States";
import { executionQuery } from "./queries";
import { resultOfExecution, type RunResult, type RunState } from "./runState";

/** The answer: as it comes, when it is there, or as it was recorded by the run that the URL names. */
export function RunOutput({ state, executionId }: { state: RunState; executionId: string | undefined }) {
  switch (state.phase) {
    case "running":
      return (
        <Card
          title="Output"
          actions={
            <Badge tone="accent">
              <LoaderCircle aria-hidden className="size-3 animate-spin" /> running
            </Badge>
          }
        >
          <Streamed text={state.text} isRunning />
        </Card>
      );
    case "done":
      return <Result result={state.result} />;
    case "cancelled":
      return (
        <Card title="Output" actions={<Badge tone="warn">cancelled</Badge>}>
          <Streamed text={state.text} />
          <p className="mt-2 text-sm text-muted">You cancelled this run; the execution is recorded as cancelled.</p>
        </Card>
      );
    case "failed":
      return (
        <Card title="Output" actions={<Badge tone="bad">failed</Badge>}>
          {state.text && <Streamed text={state.text} />}
          <ErrorState error={state.error} />
        </Card>
      );
    case "idle":
      return executionId ? (
        <Recorded id={executionId} />
      ) : (
        <Card title="Output">
          <p className="text-sm text-muted">Fill in the variables and run: the answer appears here as it is written.</p>
        </Card>
      );
  }
}

function Recorded({ id }: { id: string }) {
  const query = useQuery(executionQuery(id));
  return (
    <Loaded query={query}>
      {(found) =>
        found.status === "succeeded" ? (
          <Result result={resultOfExecution(found)} isErased={found.output.state === "erased"} />
        ) : (
          <Card title="Output" actions={<Badge tone={found.status === "failed" ? "bad" : "warn"}>{found.status}</Badge>}>
            <Streamed text={resultOfExecution(found).output} />
            {found.error_message && <p className="mt-2 text-sm">{found.error_message}</p>}
            <ExecutionLink id={found.id} />
          </Card>
        )
      }
    </Loaded>
  );
}

function Streamed({ text, isRunning = false }: { text: string; isRunning?: boolean }) {
  return (
    <div aria-live="polite" aria-atomic="false" className="min-h-6 leading-relaxed break-words whitespace-pre-wrap">
      {text}
      {isRunning && <span aria-hidden className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom" />}
    </div>
  );
}

function Result({ result, isErased = false }: { result: RunResult; isErased?: boolean }) {
  return (
    <Card
      title="Output"
      actions={
        <>
          {result.finishReason === "length" && <Badge tone="warn">cut at max_tokens</Badge>}
          <CopyButton label="Copy the output" value={result.output} />
        </>
      }
    >
      {isErased ? <p className="text-muted">The content of this run was erased.</p> : <Streamed text={result.output} />}
      <dl className="mt-4 flex flex-wrap gap-x-7 gap-y-2 border-t border-line pt-3 text-sm">
        <Figure name="First token">{result.firstTokenMs === null ? "–" : formatDuration(result.firstTokenMs)}</Figure>
        <Figure name="Total">{result.totalMs === null ? "–" : formatDuration(result.totalMs)}</Figure>
        <Figure name="Tokens in">{count(result.inputTokens)}{result.cachedTokens ? ` (${formatCount(result.cachedTokens)} cached)` : ""}</Figure>
        <Figure name="Tokens out">{count(result.outputTokens)}</Figure>
        <Figure name="Cost">{formatCost(result.costUsd)}</Figure>
        <Figure name="Version">{result.number ?? "–"}</Figure>
        <Figure name="Model">{result.model ?? "–"}</Figure>
      </dl>
      <ExecutionLink id={result.executionId} />
    </Card>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}

function ExecutionLink({ id }: { id: string }) {
  return (
    <Link to="/executions/$executionId" params={{ executionId: id }} className="mt-3 inline-block text-sm text-accent-ink hover:underline">
      Open the execution: its trace, lock and model digests
    </Link>
  );
}

function count(value: number | null): string {
  return value === null ? "–" : formatCount(value);
}
