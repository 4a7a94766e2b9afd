/** What is known of a run on this page, from its first word to its end. */
import type { Schema } from "../../api/client";
import { modelReference } from "../executions/origin";

export interface RunResult {
  executionId: string;
  output: string;
  finishReason: string | null;
  number: number | null;
  model: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  cachedTokens: number | null;
  firstTokenMs: number | null;
  totalMs: number | null;
  costUsd: number | null;
}

export type RunState =
  | { phase: "idle" }
  | { phase: "running"; text: string }
  | { phase: "done"; result: RunResult }
  | { phase: "cancelled"; text: string }
  | { phase: "failed"; text: string; error: unknown };

export type RunAction =
  | { type: "started" }
  | { type: "delta"; text: string }
  | { type: "completed"; completed: Schema<"RunCompleted"> }
  | { type: "cancelled" }
  | { type: "failed"; error: unknown };

export const IDLE: RunState = { phase: "idle" };

export function reduceRun(state: RunState, action: RunAction): RunState {
  const text = "text" in state ? state.text : "";
  switch (action.type) {
    case "started":
      return { phase: "running", text: "" };
    case "delta":
      return state.phase === "running" ? { phase: "running", text: text + action.text } : state;
    case "completed":
      return { phase: "done", result: resultOf(action.completed) };
    case "cancelled":
      return { phase: "cancelled", text };
    case "failed":
      return { phase: "failed", text, error: action.error };
  }
}

export function resultOf(completed: Schema<"RunCompleted">): RunResult {
  return {
    executionId: completed.execution_id,
    output: completed.output,
    finishReason: completed.finish_reason,
    number: completed.number,
    model: completed.model,
    inputTokens: completed.usage.input_tokens ?? null,
    outputTokens: completed.usage.output_tokens ?? null,
    cachedTokens: completed.usage.cached_tokens ?? null,
    firstTokenMs: completed.latency_first_token_ms,
    totalMs: completed.latency_total_ms,
    costUsd: completed.cost_usd,
  };
}

/** Return a recorded run as its result, for a URL that names one. */
export function resultOfExecution(found: Schema<"ExecutionDetail">): RunResult {
  return {
    executionId: found.id,
    output: typeof found.output.value === "string" ? found.output.value : "",
    finishReason: found.finish_reason,
    number: found.artifact?.number ?? null,
    model: found.model && modelReference(found.model),
    inputTokens: found.input_tokens,
    outputTokens: found.output_tokens,
    cachedTokens: found.cached_tokens,
    firstTokenMs: found.latency_first_token_ms,
    totalMs: found.latency_total_ms,
    costUsd: found.cost_usd,
  };
}
