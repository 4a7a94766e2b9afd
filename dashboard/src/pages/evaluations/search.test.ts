import { expect, it } from "vitest";
import { compareSearch, listSearch } from "./search";

const ONE = "01920000-0000-7000-8000-000000000001";
const OTHER = "01920000-0000-7000-8000-000000000002";

it("ids are read repeated, as a list or alone, each once", () => {
  expect(compareSearch({ evaluation: [ONE, OTHER.toUpperCase(), ONE, "x", 3] }).evaluation).toEqual([ONE, OTHER]);
  expect(compareSearch({ evaluation: ONE }).evaluation).toEqual([ONE]);
  expect(compareSearch({ evaluation: "nothing" }).evaluation).toBeUndefined();
});

it("a draft of an evaluation is read as far as it is valid", () => {
  const start = { subject: "greet/3", scorers: ["exact", 4, ""], limit: "5", parameters: [1], fresh: true, other: 1 };
  expect(listSearch({ start }).start).toMatchObject({ subject: "greet/3", scorers: ["exact"], limit: 5, parameters: undefined, fresh: true });
  expect(listSearch({ start: true }).start).toEqual({});
  expect(listSearch({ start: "yes" }).start).toBeUndefined();
});
