import { expect, it } from "vitest";
import { choiceName, choiceOf } from "./choice";

it("reads numbers as versions, all else as labels, nothing as the latest", () => {
  expect(choiceOf("3")).toEqual({ version: 3 });
  expect(choiceOf("v3")).toEqual({ label: "v3" });
  expect(choiceOf("0")).toEqual({ label: "0" });
  expect(choiceOf(undefined)).toEqual({ label: "latest" });
});

it("names a choice", () => {
  expect(choiceName("3")).toBe("version 3");
  expect(choiceName("production")).toBe("production");
});
