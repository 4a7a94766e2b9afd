import { describe, expect, it } from "vitest";
import { chartInWords, formatAxis, formatTick, formatValue, latest, type Line, linesOf, lonelySteps, peak, pointsOf, withoutNothing } from "./charts";
import type { Metric } from "./queries";

const metric: Metric = {
  metric: "requests",
  unit: "requests/s",
  series: [
    { labels: { status: "2xx" }, values: [1, 4, null] },
    { labels: { status: "5xx" }, values: [0, 0.25, null] },
  ],
};

describe("a chart", () => {
  const lines = linesOf(metric);

  it("names its lines and makes points of them", () => {
    expect(lines.map((line) => line.name)).toEqual(["2xx succeeded", "5xx failed"]);
    const times = ["2026-05-01T12:00:00Z", "2026-05-01T12:00:10Z", "2026-05-01T12:00:20Z"];
    expect(pointsOf(times, lines)[1]).toEqual({ time: Date.parse(times[1]!), "2xx": 4, "5xx": 0.25 });
    expect(pointsOf(times, lines)[2]).toMatchObject({ "2xx": null });
  });

  it("skips what nobody measured", () => {
    expect(latest(lines[0]!)).toBe(4);
    expect(peak(lines[1]!)).toBe(0.25);
    expect(latest({ key: "a", name: "a", values: [null] })).toBeNull();
  });

  it("finds the points that no stroke would show", () => {
    const line = { key: "a", name: "a", values: [1, null, 2, 3, null, null, 4] };
    expect([...lonelySteps(line)]).toEqual([0, 6]);
    // In a stack nothing is left out, so what stands between two nothings has no stroke either.
    expect([...lonelySteps(withoutNothing({ key: "a", name: "a", values: [0, 5, 0, 1, 2] }))]).toEqual([1]);
  });

  it("can be said in words", () => {
    expect(chartInWords("Requests", metric, lines)).toBe(
      "Requests in requests/s: 2xx succeeded now 4.00, at most 4.00; 5xx failed now 0.25, at most 0.25.",
    );
  });
});

describe("numbers", () => {
  it.each([
    ["latency", 0.0123, "12 ms"],
    ["memory", 220_000_000, "220.0 MB"],
    ["queue", 3, "3"],
    ["tokens", 0.034, "0.034"],
    ["tokens", 123.4, "123"],
    ["requests", 0, "0"],
    ["cpu", 0.123, "0.12"],
    ["cpu", null, "–"],
  ] as const)("%s %s is %s", (name, value, text) => expect(formatValue(name, value)).toBe(text));

  it.each([
    ["latency", 0.8, "800 ms"],
    ["latency", 1.2, "1.20 s"],
    ["latency", 2, "2 s"],
    ["memory", 450e6, "450 MB"],
    ["cpu", 0.0666, "0.067"],
    ["requests", 12, "12"],
    ["queue", 0, "0"],
  ] as const)("%s %s is %s on the axis", (name, value, text) => expect(formatAxis(name, value)).toBe(text));

  it("ticks by the day on long ranges", () => {
    const at = Date.parse("2026-05-03T12:00:00Z");
    expect(formatTick(at, 86_400 * 7)).toBe("May 3");
    expect(formatTick(at, 3_600)).toMatch(/^\d\d:\d\d$/);
  });
});

describe("withoutNothing", () => {
  it("leaves out zeros, which on a stack look like what is below them", () => {
    const line = { key: "4xx", name: "4xx", values: [0, 2, null, 0] } as unknown as Line;
    expect(withoutNothing(line).values).toEqual([null, 2, null, null]);
  });
});
