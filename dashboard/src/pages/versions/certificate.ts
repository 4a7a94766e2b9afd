/** What a move of a label carries for ever, where a gate protects the label. */
import { isObject } from "../../components/schema/fields";

export interface CertifiedRequirement {
  name: string;
  verdict: string;
  statement: string;
  scorer: string;
  split: string;
  datasetDigest: string | null;
  scorerLock: string | null;
  statistic: string | null;
  level: number | null;
  rows: number | null;
}

export interface CertifiedGate {
  gate: string;
  number: number | null;
  requirements: CertifiedRequirement[];
}

export interface Certificate {
  proof: "gates" | "none";
  /** The request that gathered the evidence. */
  request: string | null;
  gates: CertifiedGate[];
  /** The ids of the persons who approved. */
  approvers: string[];
  /** What was missing when somebody promoted without proof. */
  missing: { gate: string; code: string; message: string }[];
}

/** Read a certificate as it was stored; null where there is none. Members that were not known then are left out. */
export function readCertificate(value: unknown): Certificate | null {
  if (!isObject(value)) return null;
  return {
    proof: value.proof === "gates" ? "gates" : "none",
    request: text(value.request),
    approvers: Array.isArray(value.approvers) ? value.approvers.filter((one) => typeof one === "string") : [],
    gates: objects(value.gates).map((gate) => ({
      gate: text(gate.gate) ?? "",
      number: amount(gate.number),
      requirements: objects(gate.requirements).map(requirementOf),
    })),
    missing: objects(value.missing).map((one) => ({
      gate: text(one.gate) ?? "", code: text(one.code) ?? "", message: text(one.message) ?? "",
    })),
  };
}

function requirementOf(one: Record<string, unknown>): CertifiedRequirement {
  return {
    name: text(one.name) ?? "",
    verdict: text(one.verdict) ?? "not_looked",
    statement: text(one.statement) ?? "",
    scorer: text(one.scorer) ?? "",
    split: text(one.split) ?? "",
    datasetDigest: text(one.dataset_digest),
    scorerLock: text(one.scorer_lock),
    statistic: text(one.statistic),
    level: amount(one.level),
    rows: amount(one.rows),
  };
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function amount(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** What a move rests on: proved, proved by what has changed since, on nobody's evidence, a way back, or never asked. */
export type Proof = "proved" | "lapsed" | "unproved" | "rollback" | "ungated";

export function proofOf(move: { certificate: unknown; standing: boolean | null; restores: number | null }): Proof {
  if (move.restores !== null) return "rollback";
  const certificate = readCertificate(move.certificate);
  if (certificate === null) return "ungated";
  if (certificate.proof === "none") return "unproved";
  return move.standing === false ? "lapsed" : "proved";
}
