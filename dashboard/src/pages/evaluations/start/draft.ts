/** From what was chosen for an evaluation to what the engine is asked. */
import type { Schema } from "../../../api/client";
import type { Schema as JsonSchema } from "../../../components/schema/fields";
import type { ScorerType } from "../queries";
import type { StartDraft } from "../search";

/** What a reference names: `greet/3`, `greet@production` or `greet`. */
export interface Named {
  name: string;
  /** A number or a label; nothing for the latest. */
  choice: string | undefined;
}

export function namedBy(reference: string | undefined): Named | null {
  const parts = /^([^/@]+)(?:[/@](.+))?$/.exec(reference ?? "");
  return parts?.[1] === undefined ? null : { name: parts[1], choice: parts[2] };
}

export function referenceTo({ name, choice }: Named): string {
  if (choice === undefined || choice === "latest") return name;
  return /^[1-9]\d*$/.test(choice) ? `${name}/${choice}` : `${name}@${choice}`;
}

/** Return what still has to be chosen, in words; empty when the evaluation can start. */
export function missingOf(draft: StartDraft): string[] {
  return [
    !draft.subject && "a prompt",
    !draft.dataset && "a dataset",
    !draft.scorers?.length && "a scorer",
  ].filter((one) => one !== false);
}

/** Return the request; throws where something is missing. */
export function requestOf(draft: StartDraft): Schema<"StartEvaluation"> {
  const { subject, dataset, scorers } = draft;
  if (!subject || !dataset || !scorers?.length) throw new Error(`Choose ${missingOf(draft).join(", ")}.`);
  return {
    kind: "prompt",
    subject,
    dataset,
    split: draft.split ?? "open",
    scorers,
    model: draft.model ?? null,
    parameters: draft.parameters ?? {},
    limit: draft.limit ?? null,
    reuse: draft.fresh !== true,
  };
}

/** Return whether a type can be named as it is: it need not be told anything, nor which way is better. */
export function isReady(type: ScorerType): boolean {
  const required = type.parameters.required;
  return type.direction !== null && !(Array.isArray(required) && required.length > 0);
}

/** Return a schema whose properties that may be null are what they are otherwise: what is left empty is not sent. */
export function formSchema(schema: JsonSchema): JsonSchema {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const plain = Object.entries(properties).map(([name, part]) => [name, withoutNull(part)] as const);
  return { ...schema, properties: Object.fromEntries(plain) };
}

function withoutNull(part: JsonSchema): JsonSchema {
  if (!Array.isArray(part.anyOf)) return part;
  const others = (part.anyOf as JsonSchema[]).filter(({ type }) => type !== "null");
  if (others.length !== 1) return part;
  const { anyOf: _, default: __, ...rest } = part;
  return { ...rest, ...others[0] };
}
