/** Which documents a question is asked of. */
import type { Schema } from "../../api/client";
import { type Row, conditionFault, conditionsInWords, conditionsOf, rowsOf } from "../documents/metadata/conditions";

export type Filters = Schema<"Filters">;

/** What the form holds: patterns as they are typed, and days as a date field gives them. */
export interface Narrowing {
  documents: string;
  types: string;
  since: string;
  until: string;
  metadata: readonly Row[];
}

export const ALL_DOCUMENTS: Narrowing = { documents: "", types: "", since: "", until: "", metadata: [] };

/** Return what the form shows of the filters that a question was asked with. */
export function narrowingFrom(filters: Filters | null): Narrowing {
  if (filters === null) return ALL_DOCUMENTS;
  const { documents = [], media_types: types = [], since, until, metadata = [] } = filters as Partial<Filters>;
  return { documents: documents.join(", "), types: types.join(", "), since: since ?? "", until: until ?? "", metadata: rowsOf(metadata) };
}

/** Return the filters of a request; null where all documents are searched. */
export function filtersOf({ documents, types, since, until, metadata }: Narrowing): Filters | null {
  const filters = {
    documents: patternsIn(documents), media_types: patternsIn(types), since: since || null, until: until || null, metadata: conditionsOf(metadata),
  };
  return narrowingOf(filters) === null ? null : filters;
}

/** Return why no day could fit; null where one may. */
export function dayFault({ since, until }: Pick<Filters, "since" | "until">): string | null {
  return since && until && since > until ? "This is before the first day." : null;
}

/** Return why nothing could fit; null where something may. */
export function impossible(filters: Filters | null): string | null {
  if (filters === null) return null;
  const { since = null, until = null, metadata = [] } = filters as Partial<Filters>;
  return dayFault({ since, until }) ?? metadata.map(conditionFault).find((fault) => fault !== null) ?? null;
}

/** Return which documents filters let through, in words; null when all. */
export function narrowingOf(filters: Filters | null): string | null {
  const { documents = [], media_types = [], since, until, metadata = [] } = (filters ?? {}) as Partial<Filters>;
  const parts = [
    documents.length > 0 && `named ${documents.join(" or ")}`,
    media_types.length > 0 && `of type ${media_types.join(" or ")}`,
    since && `added since ${since}`,
    until && `added until ${until}`,
    metadata.length > 0 && `whose ${conditionsInWords(metadata)}`,
  ];
  return parts.filter(Boolean).join(", ") || null;
}

function patternsIn(typed: string): string[] {
  return [...new Set(typed.split(",").map((one) => one.trim()).filter((one) => one !== ""))];
}
