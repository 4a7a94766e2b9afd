/** Finding a question's words in a passage, to show why it was found. */

const WORD = /[\p{L}\p{N}]+/gu;
const COMMON = new Set(
  ("a an and are as at be by did do does for from had has have how in is it its of on or that the this to was were what when where which who why will with").split(" "),
);

export interface Piece {
  text: string;
  isFound: boolean;
}

/** Return the stretch of `text` that shares most words with `query`, in one line; all of it when it is short. */
export function excerptOf(text: string, query: string, length = 420): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  const places: number[] = [];
  let at = 0;
  for (const piece of piecesOf(line, query)) {
    if (piece.isFound) places.push(at);
    at += piece.text.length;
  }
  const found = (start: number) => places.filter((place) => place >= start && place < start + length - 40).length;
  const best = places.reduce((start, place) => (found(place) > found(start) ? place : start), 0);
  // Some words before what was found, beginning with a whole one.
  const from = Math.max(0, Math.min(best - 60, line.length - length));
  const start = from === 0 ? 0 : line.indexOf(" ", from) + 1;
  const end = start + length >= line.length ? line.length : line.lastIndexOf(" ", start + length);
  return `${start > 0 ? "… " : ""}${line.slice(start, end)}${end < line.length ? " …" : ""}`;
}

/** Cut `text` at the words that it shares with `query`, common ones aside; endings of a word don't matter. */
export function piecesOf(text: string, query: string): Piece[] {
  const stems = new Set([...query.matchAll(WORD)].map((match) => match[0].toLowerCase()).filter((word) => !COMMON.has(word)).map(stem));
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(WORD)) {
    if (!stems.has(stem(match[0].toLowerCase()))) continue;
    if (match.index > done) pieces.push({ text: text.slice(done, match.index), isFound: false });
    pieces.push({ text: match[0], isFound: true });
    done = match.index + match[0].length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isFound: false });
  return pieces;
}

/** A rough stem: enough to mark "freedoms" for "freedom", and the engine's own search does not depend on it. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(ies|es|s|ed|ing)$/, "") : word;
}
