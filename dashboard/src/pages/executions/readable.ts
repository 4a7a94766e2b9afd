/** How a stored value is shown to somebody who reads it, beside its JSON. */

export type Readable =
  | { as: "text"; text: string }
  | { as: "fields"; fields: readonly (readonly [string, string])[] }
  | { as: "json"; text: string };

/** Return texts as they are, flat objects as names and values (one wrapped in another unwrapped), the rest as JSON. */
export function readable(value: unknown): Readable {
  if (typeof value === "string") return { as: "text", text: value };
  if (!isObject(value)) return { as: "json", text: asText(value) };
  const entries = Object.entries(value);
  const only = entries[0]?.[1];
  if (entries.length === 1 && isObject(only) && Object.keys(only).length > 0) return readable(only);
  if (entries.length === 0) return { as: "json", text: "{}" };
  return { as: "fields", fields: entries.map(([name, one]) => [name, asText(one)] as const) };
}

/** Return a value as text: strings as they are, everything else as indented JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "null");
}

/** Return a value as text on one line, as far as its own text has one. */
export function oneLine(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
