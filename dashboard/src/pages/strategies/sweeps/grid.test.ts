import { describe, expect, it } from "vitest";
import type { Body } from "../options";
import { SWEEPABLE, calibratedOptions, countOf, shareFrame, spotsOf, titleOf, valueFault, valuesIn, withOptions } from "./grid";
import type { Combination } from "./queries";

describe("values", () => {
  it("are numbers, texts and null, with commas between", () => {
    expect(valuesIn("3, 5,8")).toEqual([3, 5, 8]);
    expect(valuesIn("min_max, rrf")).toEqual(["min_max", "rrf"]);
    expect(valuesIn("null, 0.5, ")).toEqual([null, 0.5]);
    expect(valuesIn(" ")).toEqual([]);
  });

  it("that an option does not take are told before anything starts", () => {
    expect(valueFault("retrieval.passages", [3, 90])).toBe("90: From 1 to 20.");
    expect(valueFault("retrieval.passages", ["many"])).toBe("many: Write a number.");
    expect(valueFault("retrieval.fusion", ["rrf", "best"])).toBe("best: Choose among min_max, rrf.");
    expect(valueFault("answering.cache", [true, 1])).toBe("1: Write true or false.");
    expect(valueFault("retrieval.mmr", [null, 0.5])).toBeNull();
    expect(valueFault("answering.threshold", [null])).not.toBeNull();
    expect(valueFault("retrieval.k1", [1.2])).toBeNull();
  });

  it("make as many combinations as their product", () => {
    expect(countOf([[1, 2], ["a", "b", "c"]])).toBe(6);
    expect(countOf([[1, 2], []])).toBe(0);
    expect(countOf([])).toBe(0);
  });
});

describe("options", () => {
  it("are put where the strategy has them", () => {
    const body = { retrieval: { passages: 8, b: 0.75 }, answering: {} } as unknown as Body;
    expect(withOptions(body, { "retrieval.passages": 3, "answering.threshold": 0.2 })).toEqual({
      retrieval: { passages: 3, b: 0.75 },
      answering: { threshold: 0.2 },
    });
    expect(body.retrieval).toEqual({ passages: 8, b: 0.75 });
  });

  it("with a fitted calibration leave the threshold to the strategy", () => {
    const fitted = { own: 0.8, judge: 1, bias: -0.2, rows: 44, right: 22, loss_before: 0.7, loss_after: 0.4 };
    const options = calibratedOptions({ options: { "answering.threshold": 0, "retrieval.passages": 3 } }, fitted);
    expect(options).toEqual({ "retrieval.passages": 3, "answering.calibration": { own: 0.8, judge: 1, bias: -0.2 } });
    expect(withOptions({ answering: { threshold: 0.4 } } as unknown as Body, options).answering).toEqual({
      threshold: 0.4, calibration: { own: 0.8, judge: 1, bias: -0.2 },
    });
  });

  it("that need another index can't be chosen", () => {
    expect([...SWEEPABLE.keys()].filter((name) => name.startsWith("chunking"))).toEqual([]);
  });
});

describe("spots", () => {
  const point = (position: number, mean: number | null, latency: number | null, isOptimal: boolean) =>
    ({
      position,
      options: { "retrieval.mmr": null, "retrieval.passages": position },
      is_optimal: isOptimal,
      figures: { metrics: [{ scorer: "abstention", mean }], latency_p50_ms: latency },
    }) as unknown as Combination;

  it("have the front last, fastest first, and leave out what can't be compared", () => {
    const points = [point(1, 0.9, 30, true), point(2, 0.5, 10, true), point(3, 0.4, 20, false), point(4, null, 5, false), point(5, 1, null, false)];
    expect(spotsOf(points, "abstention").map(({ position }) => position)).toEqual([3, 2, 1]);
    expect(spotsOf(points, "other")).toEqual([]);
  });

  it("are drawn between tenths, and never above 1", () => {
    expect(shareFrame([0.52, 1])).toEqual([0.4, 1]);
    expect(shareFrame([0])).toEqual([0, 0.1]);
  });

  it("are called by their options", () => {
    expect(titleOf(point(3, 1, 1, true))).toBe("mmr off, passages 3");
  });
});
