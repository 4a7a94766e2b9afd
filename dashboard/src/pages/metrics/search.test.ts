import { describe, expect, it } from "vitest";
import { metricSearch, refreshOf, startOf } from "./search";

describe("the URL of the metrics page", () => {
  it("keeps a range that is not the usual one, and a route", () => {
    expect(metricSearch({ range: "7d", route: "GET /a" })).toEqual({ range: "7d", route: "GET /a" });
    expect(metricSearch({ range: "1h" })).toEqual({});
    expect(metricSearch({ range: "1y", route: "" })).toEqual({});
  });

  it("says where a range begins and how often it changes", () => {
    expect(startOf("15m", Date.parse("2026-05-01T12:00:00Z"))).toBe("2026-05-01T11:45:00.000Z");
    expect(refreshOf("1h")).toBeLessThan(refreshOf("7d"));
  });
});
