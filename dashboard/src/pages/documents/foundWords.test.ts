import { expect, test } from "vitest";
import { countOf, likenessWords, standingWords } from "./foundWords";

test("a list that goes on says that there may be more", () => {
  expect(countOf(undefined)).toEqual({ count: 0, words: "0" });
  expect(countOf({ pages: [{ items: [1, 2], next_cursor: "x" }, { items: [3], next_cursor: null }] }).words).toBe("3");
  expect(countOf({ pages: [{ items: [1, 2], next_cursor: "x" }] }).words).toBe("2 or more");
});

test("a near duplicate never counts as the same", () => {
  expect(likenessWords({ likeness: "same_file", similarity: 1 })).toBe("The same file as");
  expect(likenessWords({ likeness: "near", similarity: 0.999 })).toBe("99 % like");
  expect(likenessWords({ likeness: "near", similarity: 1 })).toBe("99 % like");
});

test("a citation says where it stands now", () => {
  const place = { number: 3, start: 1, end: 2 };
  expect(standingWords({ standing: "gone", place: null, number: 1 })).toBe("was in version 1, is gone");
  expect(standingWords({ standing: "nearly", place, number: 1 })).toBe("nearly so in version 3");
  expect(standingWords({ standing: "verbatim", place, number: 1 })).toBe("word for word in version 3");
});
