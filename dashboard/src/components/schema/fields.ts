/** From JSON Schema to form fields, and from what a person typed to JSON values. */

export type Schema = Record<string, unknown>;
export type Values = Record<string, unknown>;

export type FieldKind = "text" | "long-text" | "lines" | "number" | "integer" | "boolean" | "choice" | "object" | "json";

/**
 * What texts are: `values` may have many lines; `settings`, such as names and addresses, have one each, so that a list of
 * them is written one a line, and one that is null is an empty one.
 */
export type FieldStyle = "values" | "settings";

export interface SchemaField {
  name: string;
  kind: FieldKind;
  required: boolean;
  schema: Schema;
  title: string;
  description: string | undefined;
}

const LONG_TEXT = 120;

/** Return a field for each property of an object's schema: required ones first, else in the schema's order. */
export function fieldsOf(schema: Schema, style: FieldStyle = "values"): SchemaField[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(properties)
    .map(([name, part]) => fieldOf(name, isObject(part) ? part : {}, required.has(name), style))
    .sort((one, other) => Number(other.required) - Number(one.required));
}

function fieldOf(name: string, schema: Schema, required: boolean, style: FieldStyle): SchemaField {
  const { title, description } = schema;
  return {
    name,
    kind: kindOf(schema, style),
    required: required && !("default" in schema),
    schema,
    title: typeof title === "string" ? title : name,
    description: typeof description === "string" ? description : undefined,
  };
}

/** Return which control a schema asks for; what no control fits is edited as JSON. */
export function kindOf(given: Schema, style: FieldStyle = "values"): FieldKind {
  const schema = style === "settings" ? withoutNull(given) : given;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return "choice";
  switch (schema.type) {
    case "string":
      return style === "settings" || (typeof schema.maxLength === "number" && schema.maxLength <= LONG_TEXT) ? "text" : "long-text";
    case "array":
      return style === "settings" && isObject(schema.items) && schema.items.type === "string" ? "lines" : "json";
    case "integer":
    case "number":
    case "boolean":
      return schema.type;
    case "object":
      return isObject(schema.properties) && Object.keys(schema.properties).length > 0 ? "object" : "json";
    default:
      return "json";
  }
}

/** Return the one schema of two whose other one is null. */
function withoutNull(schema: Schema): Schema {
  if (!Array.isArray(schema.anyOf)) return schema;
  const others = schema.anyOf.filter((one) => !(isObject(one) && one.type === "null"));
  return others.length === 1 && isObject(others[0]) ? others[0] : schema;
}

/** Return what a control shows for a value. */
export function shownAs(kind: FieldKind, value: unknown): string {
  if (value === undefined || (value === null && kind !== "json" && kind !== "choice")) return "";
  if (kind === "lines") return Array.isArray(value) ? value.join("\n") : "";
  if (kind === "json" || kind === "choice") return JSON.stringify(value, null, kind === "json" ? 2 : undefined);
  return typeof value === "string" ? value : String(value);
}

export type Read = { value: unknown } | { fault: string };

/** Return the JSON value of what was typed; undefined for nothing, where nothing is allowed. */
export function readAs(kind: FieldKind, typed: string): Read {
  switch (kind) {
    case "text":
    case "long-text":
      return { value: typed };
    case "lines":
      return { value: linesOf(typed) };
    case "number":
    case "integer":
      return readNumber(typed, kind === "integer");
    default:
      return readJson(typed);
  }
}

/** Return the lines of a text that hold something. */
export function linesOf(typed: string): string[] {
  return typed.split("\n").map((line) => line.trim()).filter(Boolean);
}

function readNumber(typed: string, whole: boolean): Read {
  if (typed.trim() === "") return { value: undefined };
  const value = Number(typed);
  if (!Number.isFinite(value)) return { fault: "Enter a number." };
  return whole && !Number.isInteger(value) ? { fault: "Enter a whole number." } : { value };
}

function readJson(typed: string): Read {
  if (typed.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(typed) as unknown };
  } catch (error) {
    return { fault: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Return `values` with one changed; undefined takes it out. */
export function withValue(values: Values, name: string, value: unknown): Values {
  const { [name]: _, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Return the values that a schema knows: what was typed for a variable that is gone is not sent. */
export function knownValues(schema: Schema, values: Values): Values {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in properties));
}

const ASKED_FOR: ReadonlySet<FieldKind> = new Set(["text", "long-text", "number", "integer", "choice", "json"]);

/** Return the required fields that were left alone. An empty text counts as a value: somebody said that it is meant. */
export function missingNames(schema: Schema, values: Values): string[] {
  return fieldsOf(schema)
    .filter((field) => field.required && ASKED_FOR.has(field.kind) && values[field.name] === undefined)
    .map((field) => field.name);
}

export function isText(kind: FieldKind): boolean {
  return kind === "text" || kind === "long-text";
}

/** Return the required texts that have no value yet as empty ones, so that what is typed so far can be rendered. */
export function withEmptyTexts(schema: Schema, values: Values): Values {
  const empty = fieldsOf(schema)
    .filter((field) => field.required && isText(field.kind) && !(field.name in values))
    .map((field) => [field.name, ""]);
  return { ...Object.fromEntries(empty), ...values };
}

export function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
