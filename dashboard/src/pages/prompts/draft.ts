/** A prompt while it is edited: what stands in the form, and the body that it makes. */
import type { Schema } from "../../api/client";
import { isObject, type Schema as JsonSchema, type Values } from "../../components/schema/fields";

type Body = Schema<"PromptBody">;
export type Role = Schema<"Message">["role"];

export interface DraftMessage {
  /** Stays with the message when it moves. */
  key: number;
  role: Role;
  content: string;
}

export interface Draft {
  type: "text" | "chat";
  template: string;
  messages: readonly DraftMessage[];
  /** JSON Schema as text; empty to infer it from the templates. */
  variables: string;
  outputSchema: string;
  model: string | undefined;
  parameters: Values;
  description: string;
  /** Separated by spaces or commas. */
  tags: string;
}

export interface DraftBody {
  body: Body;
  /** What is no JSON yet, by field; those fields are left out of the body. */
  faults: Readonly<Partial<Record<"variables" | "outputSchema", string>>>;
}

export const EMPTY: Draft = {
  type: "text",
  template: "",
  messages: [],
  variables: "",
  outputSchema: "",
  model: undefined,
  parameters: {},
  description: "",
  tags: "",
};

let count = 0;

export function newMessage(role: Role, content = ""): DraftMessage {
  count += 1;
  return { key: count, role, content };
}

/** Return a version's body as a draft. */
export function draftOf(body: Body): Draft {
  const variables = body.variables ?? undefined;
  return {
    type: body.type ?? "text",
    template: body.template ?? "",
    messages: (body.messages ?? []).map((message) => newMessage(message.role, message.content)),
    variables: variables === undefined || isInferred(variables) ? "" : JSON.stringify(variables, null, 2),
    outputSchema: body.output_schema ? JSON.stringify(body.output_schema, null, 2) : "",
    model: body.model ?? undefined,
    parameters: { ...body.parameters },
    description: body.description ?? "",
    tags: (body.tags ?? []).join(" "),
  };
}

/** Return the body of a draft: only what is set, so that an untouched draft is the same version. */
export function bodyOf(draft: Draft): DraftBody {
  const variables = readObject(draft.variables);
  const outputSchema = readObject(draft.outputSchema);
  const tags = draft.tags.split(/[\s,]+/).filter(Boolean);
  const body: Body = {
    type: draft.type,
    ...(draft.type === "text"
      ? { template: draft.template }
      : { messages: draft.messages.map(({ role, content }) => ({ role, content })) }),
    ...(variables.value ? { variables: variables.value } : {}),
    ...(draft.model ? { model: draft.model } : {}),
    // Only what is set: the engine knows the rest, though the type asks for all.
    ...(Object.keys(draft.parameters).length > 0 ? { parameters: draft.parameters as Body["parameters"] } : {}),
    ...(outputSchema.value ? { output_schema: outputSchema.value } : {}),
    ...(draft.description.trim() ? { description: draft.description } : {}),
    ...(tags.length > 0 ? { tags } : {}),
  };
  return {
    body,
    faults: {
      ...(variables.fault ? { variables: variables.fault } : {}),
      ...(outputSchema.fault ? { outputSchema: outputSchema.fault } : {}),
    },
  };
}

/** Return the draft with the other type: the text stays, as far as the type can hold it. */
export function withType(draft: Draft, type: Draft["type"]): Draft {
  if (type === draft.type) return draft;
  if (type === "chat") {
    const messages = draft.messages.length > 0 ? draft.messages : [newMessage("user", draft.template)];
    return { ...draft, type, messages };
  }
  return { ...draft, type, template: draft.messages.map((message) => message.content).join("\n\n") || draft.template };
}

/** Return `messages` with one moved up (-1) or down (+1). */
export function moved(messages: readonly DraftMessage[], index: number, step: -1 | 1): DraftMessage[] {
  const next = [...messages];
  const [message] = next.splice(index, 1);
  if (message) next.splice(Math.max(0, index + step), 0, message);
  return next;
}

/** Return the schema, as text, with a variable declared that the templates use. */
export function withVariable(text: string, name: string): string {
  const schema: JsonSchema = readObject(text).value ?? { type: "object" };
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? (schema.required as unknown[]) : [];
  const declared = { ...schema, properties: { ...properties, [name]: { type: "string" } }, required: [...required, name] };
  return JSON.stringify(declared, null, 2);
}

/** Return whether a schema says no more than what the engine infers: plain texts or anything, all required. */
export function isInferred(schema: JsonSchema): boolean {
  const { type, properties, required, ...more } = schema;
  if (type !== "object" || !isObject(properties) || !Array.isArray(required) || Object.keys(more).length > 0) return false;
  const names = Object.keys(properties);
  const isPlain = (part: unknown) => ['{"type":"string"}', "{}"].includes(JSON.stringify(part));
  return names.length === required.length && names.every((name) => required.includes(name) && isPlain(properties[name]));
}

function readObject(text: string): { value?: JsonSchema; fault?: string } {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value } : { fault: "A JSON Schema is an object: { … }." };
  } catch (error) {
    return { fault: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
