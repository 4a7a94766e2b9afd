import { expect, test } from "vitest";
import { hasUnreadPages, unreadNote } from "./unread";

test("what was read in part is read again, unless it is searched no more", () => {
  expect(hasUnreadPages({ removed: false, latest: { state: "indexed", unread_pages: 2 } })).toBe(true);
  expect(hasUnreadPages({ removed: true, latest: { state: "indexed", unread_pages: 2 } })).toBe(false);
  expect(hasUnreadPages({ removed: false, latest: { state: "indexed", unread_pages: 0 } })).toBe(false);
  expect(hasUnreadPages({ removed: false, latest: { state: "queued", unread_pages: null } })).toBe(false);
});

test("the note counts the pages", () => {
  expect(unreadNote(1)).toMatch(/^1 page holds no text/);
  expect(unreadNote(1200)).toMatch(/^1,200 pages hold no text/);
});
