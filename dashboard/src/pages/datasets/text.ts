/** Values of rows, as a table has room for them. */

/** Return a value on one line: a text as it is, an object of one member as that member's value, the rest as JSON. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value);
    return entries.map(([name, one]) => (entries.length === 1 ? brief(one) : `${name}: ${brief(one)}`)).join(", ");
  }
  return JSON.stringify(value);
}
