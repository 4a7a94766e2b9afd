import { describe, expect, it } from "vitest";
import { IDLE, reduceRun, type RunState } from "./runState";

const completed = {
  execution_id: "e", output: "Hello there.", finish_reason: "stop", number: 2, lock_digest: "l", model: "local",
  model_digest: "m", usage: { input_tokens: 5, output_tokens: 3 }, latency_first_token_ms: 20, latency_total_ms: 90,
  cost_usd: 0, trace_id: null,
};
const running: RunState = { phase: "running", text: "Hel" };

describe("reduceRun", () => {
  it("begins empty, whatever was before", () =>
    expect(reduceRun({ phase: "failed", text: "x", error: null }, { type: "started" })).toEqual({ phase: "running", text: "" }));
  it("adds what comes", () => expect(reduceRun(running, { type: "delta", text: "lo" })).toEqual({ phase: "running", text: "Hello" }));
  it("ends with what the engine recorded", () => {
    const done = reduceRun(running, { type: "completed", completed });
    expect(done).toMatchObject({ phase: "done", result: { output: "Hello there.", outputTokens: 3, cachedTokens: null, costUsd: 0 } });
  });
  it("keeps the text of a run that was cancelled or failed", () => {
    expect(reduceRun(running, { type: "cancelled" })).toEqual({ phase: "cancelled", text: "Hel" });
    expect(reduceRun(running, { type: "failed", error: "e" })).toEqual({ phase: "failed", text: "Hel", error: "e" });
  });
  it("takes no words after the end", () => expect(reduceRun(IDLE, { type: "delta", text: "late" })).toBe(IDLE));
});
