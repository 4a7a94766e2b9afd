/** The course of a verification, from its events. */
import type { ServerEvent } from "../../api/events";

/** One thing that is wrong: the payload's own words (`VerificationProblem` of the engine). */
export interface Problem {
  what: string;
  /** The first leaf that may be affected, at the latest. */
  position: number;
  seq: number | null;
  entry_id: string | null;
  kind: string | null;
  subject: string | null;
  fact: string | null;
}

/** What a verification found (`VerificationReport` of the engine); streams have no schema in the API's document. */
export interface Report {
  ok: boolean;
  origin: string;
  tree_size: number;
  root: string | null;
  checkpoint_signed: boolean;
  checkpoints_checked: number;
  witness: { status: "consistent" | "missing" | "inconsistent"; size: number | null };
  entries_checked: number;
  live_rows_checked: number;
  erased: number;
  unsequenced: number;
  first_problem: Problem | null;
  problems: Problem[];
}

export type Verification =
  | { state: "idle" }
  | { state: "running"; stage: "leaves" | "entries"; done: number; total: number }
  | { state: "done"; report: Report; at: number }
  | { state: "stopped" }
  | { state: "failed"; error: unknown };

interface Progress {
  stage: "leaves" | "entries";
  done: number;
  total: number;
}

/** Return how things stand after an event; one that is not known changes nothing. */
export function after(now: Verification, { event, data }: ServerEvent, clock: number = Date.now()): Verification {
  if (event === "progress") return { state: "running", ...(data as Progress) };
  if (event === "report") return { state: "done", report: data as Report, at: clock };
  return now;
}

/** Return the share that is done, 0 to 1: leaves are read first, entries after them. */
export function share(running: Extract<Verification, { state: "running" }>): number {
  if (running.total === 0) return 1;
  const part = Math.min(running.done / running.total, 1) / 2;
  return running.stage === "leaves" ? part : 0.5 + part;
}

/** Return where a problem is, in words: `leaf 12 · prompt.pushed · output_commitment`. */
export function placeOf(problem: Problem): string {
  const leaf = problem.seq === null ? `leaf ${problem.position} or before` : `leaf ${problem.seq}`;
  return [leaf, problem.kind, problem.subject, problem.fact && `fact ${problem.fact}`].filter(Boolean).join(" · ");
}
