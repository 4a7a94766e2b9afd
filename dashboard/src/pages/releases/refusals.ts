/** What a gate says when it refuses a move. */
import { ApiProblem } from "../../api/problem";
import type { Missing } from "./queries";

export interface RefusedMove {
  missing: Missing[];
  /** The open request for this very release, if there is one. */
  requestId: string | null;
}

/** Return what a gate's refusal lists; null for every other failure. */
export function refusedMove(error: unknown): RefusedMove | null {
  if (!(error instanceof ApiProblem) || error.code !== "gate.refused") return null;
  const { missing, request_id: id } = error.document;
  return { missing: Array.isArray(missing) ? missing.filter(isMissing) : [], requestId: typeof id === "string" ? id : null };
}

function isMissing(value: unknown): value is Missing {
  if (typeof value !== "object" || value === null) return false;
  const { gate, code, message } = value as Record<string, unknown>;
  return typeof gate === "string" && typeof code === "string" && typeof message === "string";
}
