import { expect, it } from "vitest";
import { compareSearch } from "./search";

it("reads both sides of a comparison, by number or label", () => {
  expect(compareSearch({ from: 1, to: "production", view: "split", all: "true" })).toEqual({
    from: "1",
    to: "production",
    view: "split",
    all: true,
  });
  expect(compareSearch({ view: "unified", all: false })).toEqual({});
});
