import { describe, expect, it } from "vitest";
import { freshOnes, updated, withFresh, withoutInputs } from "./newest";
import type { Summary } from "./queries";

const one = (id: string, status: Summary["status"] = "succeeded") => ({ id, status }) as Summary;

describe("freshOnes", () => {
  it("are those above the first that is shown", () => {
    expect(freshOnes([one("c"), one("b")], [one("e"), one("d"), one("c")]).map((row) => row.id)).toEqual(["e", "d"]);
    expect(freshOnes([], [one("a")])).toHaveLength(1);
  });
});

describe("updated", () => {
  it("ends rows that ran, and leaves the others and their order", () => {
    const rows = updated([one("b", "running"), one("a", "running")], [one("c"), one("b", "failed")]);
    expect(rows.map((row) => [row.id, row.status])).toEqual([["b", "failed"], ["a", "running"]]);
  });
});

describe("withoutInputs", () => {
  it("takes what an erased execution was given out of the list", () => {
    const rows = ["b", "a"].map((id) => ({ ...one(id), excerpt: `secret ${id}` }));
    const pages = withoutInputs({ pages: [{ items: rows, next_cursor: null }], pageParams: [null] }, "a");
    expect(pages.pages[0]?.items.map((row) => row.excerpt)).toEqual(["secret b", null]);
  });
});

describe("withFresh", () => {
  it("puts new rows first and keeps the cursors", () => {
    const pages = { pages: [{ items: [one("a")], next_cursor: "x" }], pageParams: [null] };
    const merged = withFresh(pages, [one("b")]);
    expect(merged.pages[0]?.items.map((row) => row.id)).toEqual(["b", "a"]);
    expect(merged.pages[0]?.next_cursor).toBe("x");
    expect(withFresh({ pages: [], pageParams: [] }, [one("b")]).pages).toEqual([]);
  });
});
