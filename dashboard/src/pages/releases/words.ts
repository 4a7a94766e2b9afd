/** What is said of requests for releases. */
import { formatCount } from "../../components/format";
import type { ReleaseRequest, Requirement } from "./queries";

/** "greet@production" */
export function targetOf({ name, label }: Pick<ReleaseRequest, "name" | "label">): string {
  return `${name}@${label}`;
}

/** "production: version 3 → 4" */
export function moveInWords({ label, baseline_version: from, version }: Pick<ReleaseRequest, "label" | "baseline_version" | "version">): string {
  return from === null ? `${label}: nothing → version ${version}` : `${label}: version ${from} → ${version}`;
}

/** How many more persons must approve. */
export function approvalsLeft({ approvals_granted: granted, approvals_needed: needed }: Pick<ReleaseRequest, "approvals_granted" | "approvals_needed">): number {
  return Math.max(0, needed - granted);
}

/** "2 of 3 passed"; over all gates. */
export function evidenceInWords({ gates }: Pick<ReleaseRequest, "gates">): string {
  const all = gates.flatMap((gate) => gate.requirements);
  if (all.length === 0) return "none asked for";
  return `${all.filter((one) => one.verdict === "passed").length} of ${all.length} passed`;
}

/** How a request stands, in one sentence. */
export function standingInWords(request: ReleaseRequest): string {
  const target = targetOf(request);
  switch (request.state) {
    case "evaluating":
      return "The evidence is being gathered.";
    case "failed":
      return "The evidence does not carry it.";
    case "waiting":
      return waitsFor(request);
    case "ready":
      return `Everything is there: ${target} may move to version ${request.version}.`;
    case "released":
      return `Released: ${target} moved to version ${request.version}.`;
    case "rejected":
      return `Rejected by ${request.approvals.find((one) => !one.approved)?.actor_name ?? "a person"}.`;
    case "stale":
      return "What it was asked for has changed since: ask again.";
  }
}

function waitsFor(request: ReleaseRequest): string {
  const left = approvalsLeft(request);
  if (left > 0) return `Waits for ${left === 1 ? "one more person" : `${left} more persons`} to approve.`;
  return "Waits for what is listed below.";
}

/** What is said of a requirement, without its name before it. */
export function statementOf({ name, statement }: { name: string; statement: string }): string {
  const rest = statement.startsWith(`${name}: `) ? statement.slice(name.length + 2) : statement;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** "400 rows of the split sealed" */
export function rowsInWords({ rows, split }: Pick<Requirement, "rows" | "split">): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"} of the split ${split}`;
}

/** 0.0021, 2.5e-7: of levels and shares of an error budget. */
export function formatLevel(level: number): string {
  return level !== 0 && level < 0.0001 ? level.toExponential(1) : String(Number(level.toPrecision(2)));
}
