import { describe, expect, it } from "vitest";
import { formatAgo, formatBytes, formatCost, formatDuration } from "./format";

describe("formatDuration", () => {
  it.each([
    [0.25, "250 µs"],
    [3.21, "3.2 ms"],
    [420.4, "420 ms"],
    [1240, "1.24 s"],
    [125_000, "2 min 5 s"],
  ])("writes %d ms as %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1234, "1.2 kB"],
    [3_400_000, "3.4 MB"],
  ])("writes %d as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatCost", () => {
  it("tells free from unknown", () => {
    expect(formatCost(0)).toBe("$0");
    expect(formatCost(null)).toBe("–");
    expect(formatCost(0.00213)).toBe("$0.0021");
    expect(formatCost(1.5)).toBe("$1.50");
  });
});

describe("formatAgo", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  it.each([
    ["2026-03-01T11:59:58Z", "now"],
    ["2026-03-01T11:55:00Z", "5m ago"],
    ["2026-02-26T12:00:00Z", "3d ago"],
  ])("writes %s as %s", (iso, text) => expect(formatAgo(iso, now)).toBe(text));
});
