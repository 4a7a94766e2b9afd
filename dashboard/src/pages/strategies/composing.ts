/** What a strategy says of a model that writes. */
import type { Body, Range } from "./options";

export type Composing = NonNullable<Body["composing"]>;

export const COMPOSINGS: readonly (readonly [Composing["kind"], string])[] = [
  ["order", "chooses and orders sentences"],
  ["prose", "writes from the sentences"],
];
export const OFFERED = 6;
export const OFFERS: Range = { least: 1, most: 12, step: 1 };

/** Return the body with a model that writes. */
export function composed(body: Body, kind: Composing["kind"] | null, prompt: string, sentences: number): Body {
  const { composing: before, ...rest } = body;
  if (kind === null) return rest as Body;
  return { ...rest, composing: { ...before, kind, prompt, sentences } } as Body;
}
