/** Finding a question's words in a passage, to show why it was found. */

const WORD = /[\p{L}\p{N}]+/gu;
const COMMON = new Set(
  ("a an and are as at be by did do does for from had has have how in is it its of on or that the this to was were what when where which who why will with").split(" "),
);

export interface Piece {
  text: string;
  isFound: boolean;
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
