/** The parameters of a model call, as a form: the engine's names, bounds and defaults. */
import type { Schema, Values } from "../../components/schema/fields";

const PARAMETERS: Record<string, Schema> = {
  temperature: { type: "number", default: 0, description: "0 always takes the likeliest word; up to 2." },
  max_tokens: { type: "integer", default: 256, description: "The longest answer." },
  top_p: { type: "number", default: 1, description: "Only the likeliest words that make up this share." },
  seed: { type: "integer", default: 0, description: "Repeats a drawing." },
  stop: { type: "array", description: "Texts that end the answer." },
};

/** Return the form's schema; what the version sets itself is the default of a run. */
export function parameterSchema(own: Values = {}): Schema {
  const properties = Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, schema]) => [name, name in own ? { ...schema, default: own[name] } : schema]),
  );
  return { type: "object", properties };
}
