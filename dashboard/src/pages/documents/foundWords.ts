/** What the engine found out, in words. */
import type { CitationSupport, DuplicateDocument } from "./found";

interface Pages {
  pages: { items: unknown[]; next_cursor?: string | null | undefined }[];
}

/** How many there are, as far as they are fetched: "3", or "50 or more". */
export function countOf(data: Pages | undefined): { count: number; words: string } {
  const count = data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  return { count, words: data?.pages.at(-1)?.next_cursor ? `${count} or more` : String(count) };
}

/** How a document is like its nearest, to go before that one's name. */
export function likenessWords({ likeness, similarity }: Pick<DuplicateDocument, "likeness" | "similarity">): string {
  if (likeness === "same_file") return "The same file as";
  if (likeness === "same_text") return "The same text as";
  // Near is never the same, even where the estimate is 1.
  return `${Math.min(99, Math.floor(similarity * 100))} % like`;
}

/** How a citation stands in what is searched now. */
export function standingWords({ standing, place, number }: Pick<CitationSupport, "standing" | "place" | "number">): string {
  if (standing === "gone" || !place) return `was in version ${number}, is gone`;
  return standing === "nearly" ? `nearly so in version ${place.number}` : `word for word in version ${place.number}`;
}
