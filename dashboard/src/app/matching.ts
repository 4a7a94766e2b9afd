/** Return the items that hold every word of `query`, best first: those that begin with it before those that hold it. */
export function matching<T>(items: readonly T[], query: string, words: (item: T) => string): T[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return items
    .map((item) => ({ item, text: words(item).toLowerCase() }))
    .filter(({ text }) => wanted.every((word) => text.includes(word)))
    .sort((one, other) => rank(one.text, wanted[0]) - rank(other.text, wanted[0]))
    .map(({ item }) => item);
}

function rank(text: string, word: string | undefined): number {
  if (word === undefined || text.startsWith(word)) return 0;
  return text.includes(` ${word}`) ? 1 : 2;
}
