import { expect, it } from "vitest";
import { runSearch } from "./search";

it("reads a run's variables and leaves out what is none", () => {
  const id = "01a1fd09-f42c-73ff-bdc3-875da1602d85";
  expect(runSearch({ variables: { term: "x" }, model: 5, parameters: [], execution: id })).toEqual({
    variables: { term: "x" },
    model: "5",
    parameters: undefined,
    execution: id,
  });
  expect(runSearch({ execution: "../../x", variables: {} })).toEqual({});
});
