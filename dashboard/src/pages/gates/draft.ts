/** A gate as the form holds it, and from there to what the engine is asked. */
import { isName } from "../../components/names";
import type { Detail, Requirement } from "./queries";

export type Rule = "better" | "not_worse" | "at_least";

export interface DraftRequirement {
  name: string;
  dataset: string;
  split: string;
  scorer: string;
  rule: Rule;
  /** The threshold or the margin, whichever the rule wants. */
  bound: string;
  passAt: string;
  /** What the form does not show is kept as it is. */
  kept: Partial<Requirement>;
}

export interface Draft {
  name: string;
  description: string;
  enabled: boolean;
  kind: string;
  names: string;
  label: string;
  requirements: DraftRequirement[];
  approvals: string;
  movers: string;
  machines: Detail["machines"];
  experiments: Detail["experiments"];
  cooldown: string;
  budget: string;
  looks: string;
  rows: string;
}

/** On the rows that only gates read. */
export const EMPTY_REQUIREMENT: DraftRequirement = {
  name: "", dataset: "", split: "sealed", scorer: "", rule: "better", bound: "", passAt: "", kept: {},
};

export const EMPTY_DRAFT: Draft = {
  name: "", description: "", enabled: true, kind: "prompt", names: "*", label: "production", requirements: [],
  approvals: "2", movers: "", machines: "propose", experiments: "refuse", cooldown: "0", budget: "0.05", looks: "20",
  rows: "100",
};

/** A draft of the next version of a gate. */
export function draftOf(gate: Detail): Draft {
  return {
    name: gate.name,
    description: gate.description,
    enabled: gate.enabled,
    kind: gate.protects.kind,
    names: gate.protects.names.join(", "),
    label: gate.protects.label,
    requirements: gate.requirements.map((one) => ({
      name: one.name,
      dataset: one.dataset,
      split: one.split,
      scorer: one.scorer,
      rule: one.rule,
      bound: String(one.threshold ?? one.margin ?? ""),
      passAt: String(one.pass_at ?? ""),
      kept: { model: one.model, parameters: one.parameters },
    })),
    approvals: String(gate.approvals),
    movers: gate.movers.join(", "),
    machines: gate.machines,
    experiments: gate.experiments,
    cooldown: String(gate.cooldown_minutes),
    budget: String(gate.error_budget),
    looks: String(gate.planned_looks),
    rows: String(gate.minimum_rows),
  };
}

/** The body of a gate's version; numbers that are none go as they are, for the engine to name. */
export function bodyOf(draft: Draft): Record<string, unknown> {
  return {
    description: draft.description,
    enabled: draft.enabled,
    protects: { kind: draft.kind, names: listOf(draft.names), label: draft.label },
    requires: draft.requirements.map(requirementOf),
    approvals: numberOf(draft.approvals),
    movers: listOf(draft.movers),
    machines: draft.machines,
    experiments: draft.experiments,
    cooldown_minutes: numberOf(draft.cooldown),
    error_budget: numberOf(draft.budget),
    planned_looks: numberOf(draft.looks),
    minimum_rows: numberOf(draft.rows),
  };
}

function requirementOf(one: DraftRequirement): Record<string, unknown> {
  return {
    ...one.kept,
    name: one.name,
    dataset: one.dataset,
    split: one.split,
    scorer: one.scorer,
    rule: one.rule,
    ...(one.rule === "at_least" && { threshold: numberOf(one.bound) }),
    ...(one.rule === "not_worse" && { margin: numberOf(one.bound) }),
    ...(one.passAt.trim() !== "" && { pass_at: numberOf(one.passAt) }),
  };
}

/** What still has to be filled in; empty when the gate can be put in force. */
export function missing({ name, names, label, requirements, approvals }: Draft): string[] {
  const unnamed = requirements.findIndex((one) => !one.name || !one.dataset || !one.scorer || !one.split);
  const unbounded = requirements.findIndex((one) => one.rule !== "better" && one.bound.trim() === "");
  return [
    !name && "Name the gate.",
    name !== "" && !isName(name) && "Correct the name.",
    (listOf(names).length === 0 || !label) && "Say what it protects.",
    requirements.length === 0 && Number(approvals) === 0 && "Ask for an evaluation or for approvals: else it protects nothing.",
    unnamed >= 0 && `Fill in name, dataset, split and scorer of requirement ${unnamed + 1}.`,
    unbounded >= 0 && `Give requirement ${unbounded + 1} its bound, between 0 and 1.`,
  ].filter((one) => one !== false);
}

function listOf(text: string): string[] {
  return text.split(",").map((one) => one.trim()).filter(Boolean);
}

function numberOf(text: string): number | string {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}
