import { describe, expect, it } from "vitest";
import { ALL_DOCUMENTS, filtersOf, impossible, narrowingFrom, narrowingOf } from "./narrowing";

describe("a narrowing", () => {
  it("of nothing asks all documents", () => {
    expect(filtersOf(ALL_DOCUMENTS)).toBeNull();
    expect(filtersOf({ ...ALL_DOCUMENTS, documents: " , " })).toBeNull();
    expect(narrowingFrom(null)).toEqual(ALL_DOCUMENTS);
    expect(narrowingOf(null)).toBeNull();
  });

  it("is sent as it was typed, and shown as it was sent", () => {
    const typed = { documents: "docs/*, *.pdf, docs/*", types: "text/*", since: "2026-01-01", until: "" };
    const filters = { documents: ["docs/*", "*.pdf"], media_types: ["text/*"], since: "2026-01-01", until: null };
    expect(filtersOf(typed)).toEqual(filters);
    expect(narrowingFrom(filters)).toEqual({ ...typed, documents: "docs/*, *.pdf" });
    expect(narrowingOf(filters)).toBe("named docs/* or *.pdf, of type text/*, added since 2026-01-01");
  });

  it("says when no day fits", () => {
    expect(impossible({ ...ALL_DOCUMENTS, since: "2026-02-01", until: "2026-01-01" })).not.toBeNull();
    expect(impossible({ ...ALL_DOCUMENTS, since: "2026-01-01", until: "2026-01-01" })).toBeNull();
  });
});
