import { describe, expect, it } from "vitest";
import type { ScorerType } from "../queries";
import { formSchema, isReady, missingOf, namedBy, referenceTo, requestOf } from "./draft";

describe("references", () => {
  it("are read and written", () => {
    for (const reference of ["greet", "greet/3", "greet@production"]) {
      const named = namedBy(reference);
      expect(named && referenceTo(named)).toBe(reference);
    }
    expect(namedBy("")).toBeNull();
    expect(namedBy(undefined)).toBeNull();
    expect(referenceTo({ name: "greet", choice: "latest" })).toBe("greet");
  });
});

describe("requestOf", () => {
  const draft = { subject: "greet/3", dataset: "questions", scorers: ["exact"] };
  it("fills in what nobody chose", () => {
    expect(requestOf(draft)).toMatchObject({ split: "open", model: null, parameters: {}, limit: null, reuse: true });
    expect(requestOf({ ...draft, fresh: true, split: "dev", limit: 5 })).toMatchObject({ split: "dev", limit: 5, reuse: false });
  });
  it("names what is missing", () => {
    expect(missingOf({})).toEqual(["a prompt", "a dataset", "a scorer"]);
    expect(missingOf({ ...draft, scorers: [] })).toEqual(["a scorer"]);
    expect(() => requestOf({ dataset: "questions" })).toThrow("a prompt, a scorer");
  });
});

it("a type is ready when it need not be told anything", () => {
  const type = { direction: "higher", parameters: { properties: {} } } as unknown as ScorerType;
  expect(isReady(type)).toBe(true);
  expect(isReady({ ...type, direction: null })).toBe(false);
  expect(isReady({ ...type, parameters: { required: ["pattern"] } })).toBe(false);
});

it("what may be null has the control of what it is otherwise", () => {
  const model = { anyOf: [{ type: "string", maxLength: 9 }, { type: "null" }], default: null, title: "Model" };
  expect(formSchema({ properties: { model, other: { type: "integer" } } }).properties).toEqual({
    model: { type: "string", maxLength: 9, title: "Model" },
    other: { type: "integer" },
  });
});
