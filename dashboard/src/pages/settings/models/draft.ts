/** What a person types about a provider, and what the engine is told. */
import type { Schema } from "../../../api/client";

type NewProvider = Schema<"NewProvider">;

export interface ProviderDraft {
  name: string;
  baseUrl: string;
  credential: string;
  /** One a line. */
  models: string;
  schemaStyle: NonNullable<NewProvider["schema_style"]>;
  tokensField: NonNullable<NewProvider["tokens_field"]>;
}

export function providerOf(draft: ProviderDraft): NewProvider {
  return {
    name: draft.name.trim(),
    kind: "openai",
    base_url: draft.baseUrl.trim(),
    credential: draft.credential.trim() || null,
    models: modelNames(draft.models),
    schema_style: draft.schemaStyle,
    tokens_field: draft.tokensField,
  };
}

/** Names from lines or commas, each once. */
export function modelNames(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ""))];
}
