/** An experiment before it is one: what the form holds, as it is typed, and what the engine takes. */
import type { Schema } from "../../api/client";
import { isName } from "../../components/names";
import { isObject } from "../../components/schema/fields";

export interface DraftArm {
  name: string;
  version: string;
  weight: string;
}

export interface DraftMetric {
  name: string;
  kind: "binary" | "mean";
  direction: "" | "higher" | "lower";
}

export interface DraftGuardrail extends DraftMetric {
  /** In the metric's unit. */
  tolerated: string;
}

export interface DraftStep {
  share: string;
  hours: string;
}

export interface DraftRule {
  attribute: string;
  values: string;
}

export interface Draft {
  name: string;
  artifact: string;
  label: string;
  arms: DraftArm[];
  metrics: DraftMetric[];
  guardrails: DraftGuardrail[];
  ramp: DraftStep[];
  rules: DraftRule[];
  group: string;
  groupShare: string;
  holdback: string;
  allocator: "fixed" | "top_two";
  planned: string;
  covariate: string;
}

export const NEW_METRIC: DraftMetric = { name: "", kind: "binary", direction: "" };

export const EMPTY_DRAFT: Draft = {
  name: "",
  artifact: "",
  label: "production",
  arms: [
    { name: "control", version: "", weight: "0.5" },
    { name: "treatment", version: "", weight: "0.5" },
  ],
  metrics: [NEW_METRIC],
  guardrails: [],
  ramp: [],
  rules: [],
  group: "",
  groupShare: "1",
  holdback: "0",
  allocator: "fixed",
  planned: "1000",
  covariate: "",
};

/** Read a draft from a URL; what does not fit is as in an empty one. */
export function readDraft(value: Record<string, unknown>): Draft {
  const draft = { ...EMPTY_DRAFT };
  for (const [name, empty] of Object.entries(EMPTY_DRAFT)) {
    const given = value[name];
    const fits = Array.isArray(empty) ? Array.isArray(given) && given.every((item) => fitsList(name, item)) : typeof given === "string";
    if (fits) Object.assign(draft, { [name]: given });
  }
  if (draft.allocator !== "top_two") draft.allocator = "fixed";
  return draft;
}

const MEMBERS: Record<string, readonly string[]> = {
  arms: ["name", "version", "weight"],
  metrics: ["name", "kind", "direction"],
  guardrails: ["name", "kind", "direction", "tolerated"],
  ramp: ["share", "hours"],
  rules: ["attribute", "values"],
};

function fitsList(name: string, item: unknown): boolean {
  return isObject(item) && (MEMBERS[name] ?? []).every((member) => typeof item[member] === "string");
}

const TOLERANCE = 1e-6;

/** Return a number that was typed; NaN for anything else, the empty text too. */
export function typedNumber(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

/** The sum of the weights, and whether it is 1. */
export function weightsOf(arms: readonly DraftArm[]): { sum: number; isWhole: boolean } {
  const weights = arms.map((arm) => typedNumber(arm.weight));
  const sum = weights.reduce((total, weight) => total + (Number.isFinite(weight) ? weight : 0), 0);
  return { sum, isWhole: weights.every((weight) => weight > 0) && Math.abs(sum - 1) <= TOLERANCE };
}

/** Return equal weights that sum to 1, short enough to read. */
export function evenly(count: number): string[] {
  const each = Math.floor(10_000 / count) / 10_000;
  const first = 1 - each * (count - 1);
  return Array.from({ length: count }, (_, place) => String(Number((place === 0 ? first : each).toFixed(4))));
}

/** Return what is still to be done, in the order of the form; nothing when it can begin. */
export function missing(draft: Draft): string[] {
  const all = [...draft.metrics, ...draft.guardrails];
  const shares = draft.ramp.map((step) => typedNumber(step.share));
  const holdback = typedNumber(draft.holdback);
  const groupShare = typedNumber(draft.groupShare);
  const planned = typedNumber(draft.planned);
  const checks: [boolean, string][] = [
    [!isName(draft.name), "Name the experiment: letters, digits, dots, dashes."],
    [draft.artifact === "", "Name the prompt."],
    [draft.label === "", "Name the label."],
    [draft.arms.some((arm) => !isName(arm.name)), "Name each arm: letters, digits, dots, dashes."],
    [draft.arms.some((arm) => !/^[1-9]\d{0,8}$/.test(arm.version)), "Choose each arm's version."],
    [repeated(draft.arms.map((arm) => arm.name)) || repeated(draft.arms.map((arm) => arm.version)), "Give each arm a name and a version of its own."],
    [!weightsOf(draft.arms).isWhole, "Weights are above 0 and sum to 1."],
    [draft.metrics.some((one) => !isName(one.name)), "Name the metric that decides, and each further one."],
    [draft.guardrails.some((one) => !isName(one.name)), "Name each guardrail's metric."],
    [all.some((one) => one.direction === ""), "Say of each metric in which direction it is better."],
    [repeated(draft.metrics.map((one) => one.name)) || repeated(draft.guardrails.map((one) => one.name)), "Name each metric once, and each guardrail once."],
    [draft.guardrails.some((one) => one.tolerated !== "" && !(typedNumber(one.tolerated) >= 0)), "A tolerated loss is 0 or more."],
    [draft.allocator === "top_two" && draft.metrics[0]?.kind !== "binary", "The adaptive allocator needs a binary primary metric."],
    [draft.ramp.some((step) => !within(step.share, 0, 1) || !(typedNumber(step.hours) >= 0)), "Each step of the ramp has a share from 0 to 1, and hours."],
    [shares.some((share, place) => share < (shares[place - 1] ?? 0)) || shares.at(-1) === 0, "The shares of a ramp grow to more than 0."],
    [draft.rules.some((rule) => rule.attribute.trim() === "" || valuesOf(rule.values).length === 0), "Each rule of targeting has an attribute and values."],
    [!(holdback >= 0 && holdback < 1), "The holdback is a share from 0 to less than 1."],
    [draft.group !== "" && !(groupShare > 0 && groupShare <= 1), "The share of the group is above 0, at most 1."],
    [!(Number.isInteger(planned) && planned >= 10), "Plan 10 units or more."],
  ];
  return checks.flatMap(([isMissing, text]) => (isMissing ? [text] : []));
}

function within(text: string, low: number, high: number): boolean {
  const value = typedNumber(text);
  return value >= low && value <= high;
}

function repeated(names: readonly string[]): boolean {
  const given = names.filter((name) => name !== "");
  return new Set(given).size < given.length;
}

/** Read `free, "5", 7, true`: numbers, true and false are that, what is quoted is text, and so is the rest. */
export function valuesOf(text: string): (string | number | boolean)[] {
  const parts = text.match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "").map(valueOf);
}

function valueOf(part: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(part);
    return typeof value === "string" || Number.isFinite(value) || typeof value === "boolean" ? (value as string | number | boolean) : part;
  } catch {
    return part; // Bare words are texts.
  }
}

/** Return what the engine takes; the draft misses nothing. */
export function bodyOf(draft: Draft, start: boolean): Schema<"NewExperiment"> {
  return {
    name: draft.name,
    kind: "prompt",
    artifact: draft.artifact,
    label: draft.label,
    arms: draft.arms.map((arm) => ({ name: arm.name, version: Number(arm.version), weight: Number(arm.weight) })),
    metrics: draft.metrics.map(metricOf),
    guardrails: draft.guardrails.map((one) => ({ ...metricOf(one), tolerated_loss: Number(one.tolerated) })),
    ...(draft.ramp.length > 0 && {
      ramp: draft.ramp.map((step) => ({ share: Number(step.share), after_hours: Number(step.hours) })),
    }),
    targeting: draft.rules.map((rule) => ({ attribute: rule.attribute.trim(), in: valuesOf(rule.values) })),
    group: draft.group === "" ? null : { name: draft.group, share: Number(draft.groupShare) },
    holdback: Number(draft.holdback),
    allocator: draft.allocator,
    planned_units: Number(draft.planned),
    covariate: draft.covariate || null,
    alpha: 0.05,
    burn_in: 1000,
    start,
  };
}

function metricOf({ name, kind, direction }: DraftMetric) {
  return { name, kind, direction: direction === "" ? null : direction };
}
