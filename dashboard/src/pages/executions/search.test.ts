import { describe, expect, it } from "vitest";
import { activeFilters, activeMore, engineQuery, executionSearch, NO_FILTERS } from "./search";

const ID = "01920000-0000-7000-8000-00000000000a";

describe("executionSearch", () => {
  it("keeps what is valid and leaves out the rest", () => {
    const read = executionSearch({
      q: 42, status: "failed", kind: "", version: "3", minMs: "-1", actor: "nobody", open: ID.toUpperCase(),
      since: "2026-01-02T03:04:05+01:00", until: "soon", period: "2h", tab: "overview", compare: ID,
    });
    expect(read).toMatchObject({ q: "42", status: "failed", version: 3, open: ID, compare: ID });
    expect(read.since).toBe("2026-01-02T02:04:05.000Z");
    for (const name of ["kind", "minMs", "actor", "until", "period", "tab"] as const) expect(read[name]).toBeUndefined();
  });
});

describe("engineQuery", () => {
  it("counts a period back from now, unless a beginning is given", () => {
    const now = Date.parse("2026-01-02T00:00:00Z");
    expect(engineQuery({ period: "24h" }, "default", now).since).toBe("2026-01-01T00:00:00.000Z");
    expect(engineQuery({ period: "24h", since: "2025-01-01T00:00:00.000Z" }, "default", now).since).toBe(
      "2025-01-01T00:00:00.000Z",
    );
  });

  it("looks for steps in every namespace", () => {
    expect(engineQuery({}, "shop", 0).namespace).toBe("shop");
    expect(engineQuery({ parent: ID }, "shop", 0).namespace).toBeNull();
  });
});

describe("filters", () => {
  it("are counted, and emptied all at once", () => {
    const search = { q: "x", label: "production", minMs: 5 };
    expect([activeFilters(search), activeMore(search)]).toEqual([3, 2]);
    expect(activeFilters({ ...search, ...NO_FILTERS })).toBe(0);
  });
});
