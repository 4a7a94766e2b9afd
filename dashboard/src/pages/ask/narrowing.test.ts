import { describe, expect, it } from "vitest";
import { NO_ROW } from "../documents/metadata/conditions";
import { ALL_DOCUMENTS, type Filters, filtersOf, impossible, narrowingFrom, narrowingOf } from "./narrowing";

const TEAM = { ...NO_ROW, key: "team", values: "ops" };

describe("a narrowing", () => {
  it("of nothing asks all documents", () => {
    expect(filtersOf(ALL_DOCUMENTS)).toBeNull();
    expect(filtersOf({ ...ALL_DOCUMENTS, documents: " , " })).toBeNull();
    expect(narrowingFrom(null)).toEqual(ALL_DOCUMENTS);
    expect(narrowingOf(null)).toBeNull();
  });

  it("is sent as it was typed, and shown as it was sent", () => {
    const typed = { ...ALL_DOCUMENTS, documents: "docs/*, *.pdf, docs/*", types: "text/*", since: "2026-01-01", metadata: [TEAM] };
    const filters = {
      documents: ["docs/*", "*.pdf"], media_types: ["text/*"], since: "2026-01-01", until: null, metadata: [{ key: "team", one_of: ["ops"] }],
    } as unknown as Filters;
    expect(filtersOf(typed)).toEqual(filters);
    expect(narrowingFrom(filters)).toEqual({ ...typed, documents: "docs/*, *.pdf" });
    expect(narrowingOf(filters)).toBe("named docs/* or *.pdf, of type text/*, added since 2026-01-01, whose team is ops");
  });

  it("says when no day fits", () => {
    expect(impossible(filtersOf({ ...ALL_DOCUMENTS, since: "2026-02-01", until: "2026-01-01" }))).not.toBeNull();
    expect(impossible(filtersOf({ ...ALL_DOCUMENTS, since: "2026-01-01", until: "2026-01-01" }))).toBeNull();
    expect(impossible(filtersOf(ALL_DOCUMENTS))).toBeNull();
  });

  it("says when a condition is not whole", () => {
    expect(impossible(filtersOf({ ...ALL_DOCUMENTS, metadata: [TEAM] }))).toBeNull();
    expect(impossible(filtersOf({ ...ALL_DOCUMENTS, metadata: [TEAM, { ...TEAM, values: "" }] }))).toBe("Say a value.");
    expect(filtersOf({ ...ALL_DOCUMENTS, metadata: [NO_ROW] })).toBeNull();
  });
});
