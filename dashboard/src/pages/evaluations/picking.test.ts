import { expect, it } from "vitest";
import { inOrder, MOST_COMPARED, toggled, withBaseline } from "./picking";

it("marks and unmarks, no more than can be compared", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  const many = Array.from({ length: MOST_COMPARED }, (_, place) => String(place));
  expect(toggled(many, "x")).toEqual([...many.slice(1), "x"]);
});

it("the oldest is the baseline until another is chosen", () => {
  expect(inOrder(["b", "a"])).toEqual(["a", "b"]);
  expect(withBaseline(["a", "b", "c"], "b")).toEqual(["b", "a", "c"]);
});
