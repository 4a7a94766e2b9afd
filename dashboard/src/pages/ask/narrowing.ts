/** Which documents a question is asked of. */
import type { Schema } from "../../api/client";

export type Filters = Schema<"Filters">;

/** What the form holds: patterns as they are typed, and days as a date field gives them. */
export interface Narrowing {
  documents: string;
  types: string;
  since: string;
  until: string;
}

export const ALL_DOCUMENTS: Narrowing = { documents: "", types: "", since: "", until: "" };

/** Return what the form shows of the filters that a question was asked with. */
export function narrowingFrom(filters: Filters | null): Narrowing {
  if (filters === null) return ALL_DOCUMENTS;
  const { documents = [], media_types: types = [], since, until } = filters as Partial<Filters>;
  return { documents: documents.join(", "), types: types.join(", "), since: since ?? "", until: until ?? "" };
}

/** Return the filters of a request; null where all documents are searched. */
export function filtersOf({ documents, types, since, until }: Narrowing): Filters | null {
  const filters = { documents: patternsIn(documents), media_types: patternsIn(types), since: since || null, until: until || null };
  return narrowingOf(filters) === null ? null : filters;
}

/** Return why nothing could fit; null where something may. */
export function impossible({ since, until }: Narrowing): string | null {
  return since !== "" && until !== "" && since > until ? "This is before the first day." : null;
}

/** Return which documents filters let through, in words; null when all. */
export function narrowingOf(filters: Filters | null): string | null {
  const { documents = [], media_types = [], since, until } = (filters ?? {}) as Partial<Filters>;
  const parts = [
    documents.length > 0 && `named ${documents.join(" or ")}`,
    media_types.length > 0 && `of type ${media_types.join(" or ")}`,
    since && `added since ${since}`,
    until && `added until ${until}`,
  ];
  return parts.filter(Boolean).join(", ") || null;
}

function patternsIn(typed: string): string[] {
  return [...new Set(typed.split(",").map((one) => one.trim()).filter((one) => one !== ""))];
}
