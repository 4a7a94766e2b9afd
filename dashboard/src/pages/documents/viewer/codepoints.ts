/** The engine counts Unicode code points, JavaScript counts UTF-16 units: the way from one to the other. */

/** Return the place in `text` (UTF-16 units) of code point `offset`; the end of the text for one beyond it. */
export function unitOffset(text: string, offset: number): number {
  let units = 0;
  for (let left = offset; left > 0 && units < text.length; left -= 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** Return how many code points `text` has. */
export function codePoints(text: string): number {
  let count = 0;
  for (let units = 0; units < text.length; count += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return count;
}

export interface Span {
  start: number;
  end: number;
}

export interface Marked {
  before: string;
  marked: string;
  after: string;
}

/** Cut `text`, which begins at code point `from` of its document, around the document's span; an empty one marks nothing. */
export function markedAround(text: string, from: number, span: Span): Marked {
  const start = unitOffset(text, Math.max(0, span.start - from));
  const end = unitOffset(text, Math.max(0, span.end - from));
  return { before: text.slice(0, start), marked: text.slice(start, end), after: text.slice(end) };
}

const AROUND = 12_000;
const ALIGNED_TO = 4_000;

/** Return the piece of a text that is opened first: some of it before and after the span, or its beginning. */
export function openedPiece(characters: number, span: Span): Span {
  const start = Math.max(0, span.start - AROUND);
  // Neighbouring citations ask for the same piece, which is then in the cache already.
  const aligned = Math.floor(start / ALIGNED_TO) * ALIGNED_TO;
  const end = Math.ceil((span.end + AROUND) / ALIGNED_TO) * ALIGNED_TO;
  return { start: aligned, end: Math.min(end, characters) };
}

const AT_ONCE = 100_000;
const STEP = 40_000;

/** Return the piece that reaches further back; so much at once as the engine opens in one call. */
export function earlierPiece(piece: Span): Span {
  const start = Math.max(0, piece.start - STEP);
  return { start, end: Math.min(piece.end, start + AT_ONCE) };
}

/** Return the piece that reaches further on. */
export function laterPiece(piece: Span, characters: number): Span {
  const end = Math.min(characters, piece.end + STEP);
  return { start: Math.max(piece.start, end - AT_ONCE), end };
}
