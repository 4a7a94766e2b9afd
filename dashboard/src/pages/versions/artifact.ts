/** An artifact whose versions, comparisons and labels the dashboard shows, and where it does. */

export type Kind = "prompt" | "rag_strategy";

export interface Artifact {
  kind: Kind;
  namespace: string;
  name: string;
}

/** The pages of one artifact, by its kind. */
export const PAGES = {
  prompt: { version: "/prompts/$name", compare: "/prompts/$name/compare" },
  rag_strategy: { version: "/strategies/$name", compare: "/strategies/$name/compare" },
} as const satisfies Record<Kind, Record<"version" | "compare", string>>;

/** With what the keys of all queries of a kind begin. */
export function keyOf({ kind, namespace }: Pick<Artifact, "kind" | "namespace">): readonly string[] {
  return kind === "prompt" ? ["prompts", namespace] : ["artifacts", kind, namespace];
}
