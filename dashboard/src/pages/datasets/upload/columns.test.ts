import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../../api/problem";
import { columnsOf, guessed, nameOf, placeOf, sharesOf, withRole } from "./columns";

function refusal(code: string, members: Record<string, unknown> = {}): ApiProblem {
  return new ApiProblem({ title: "Refused", status: 422, code, detail: "No.", ...members });
}

describe("roles of columns", () => {
  it("begin with the names that the engine knows", () => {
    expect(guessed(["city", "expected", "split"])).toEqual({ city: "input", expected: "expected", split: "split" });
  });
  it("keep one column of what is expected", () => {
    expect(withRole({ a: "expected", b: "metadata" }, "b", "expected")).toEqual({ a: "input", b: "expected" });
  });
  it("leave out what is for nothing, and name no column where there is none", () => {
    expect(columnsOf({ a: "input", b: "none", c: "metadata" })).toEqual({ inputs: ["a"], expected: "", metadata: ["c"], split: "" });
  });
});

it("shares are those of both splits, and none where all is open", () => {
  expect(sharesOf(0)).toEqual({});
  expect(sharesOf(40)).toEqual({ open: 0.6, sealed: 0.4 });
  expect(sharesOf(100)).toEqual({ sealed: 1 });
});

it("a refusal stands where its cause is", () => {
  expect(placeOf(refusal("name.invalid"))).toEqual({ at: "name" });
  expect(placeOf(refusal("request.invalid", { faults: [{ field: "body.options.name", message: "No." }] }))).toEqual({ at: "name" });
  expect(placeOf(refusal("request.invalid", { faults: [{ field: "body.file", message: "No." }] }))).toEqual({ at: "file" });
  expect(placeOf(refusal("dataset.shares_invalid"))).toEqual({ at: "shares" });
  expect(placeOf(refusal("dataset.missing_column", { column: "city" }))).toEqual({ at: "columns", column: "city" });
  expect(placeOf(refusal("dataset.no_inputs"))).toEqual({ at: "columns", column: null });
  expect(placeOf(new Error("?"))).toEqual({ at: "file" });
});

it("a file's name becomes one that a dataset may have", () => {
  expect(nameOf("My Questions (2).csv")).toBe("my-questions-2");
  expect(nameOf("…")).toBe("");
});
