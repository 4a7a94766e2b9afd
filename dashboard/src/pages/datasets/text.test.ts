import { expect, it } from "vitest";
import { brief } from "./text";

it("writes values on one line", () => {
  expect(brief(null)).toBe("");
  expect(brief("a text")).toBe("a text");
  expect(brief({ question: "Who?" })).toBe("Who?");
  expect(brief({ city: "Rome", year: 3 })).toBe("city: Rome, year: 3");
  expect(brief(["a", 1])).toBe('["a",1]');
  expect(brief({})).toBe("");
});
