import { expect, it } from "vitest";
import { matching } from "./matching";

const pages = ["Audit trust", "Prompts build", "Logs observe", "Executions observe runs"];

it("keeps the order without a query", () => expect(matching(pages, " ", String)).toEqual(pages));
it("puts what begins with the word first", () =>
  expect(matching(["Trust audit", ...pages], "au", String)[0]).toBe("Audit trust"));
it("needs every word", () => expect(matching(pages, "obs run", String)).toEqual(["Executions observe runs"]));
it("finds nothing for what is nowhere", () => expect(matching(pages, "zzz", String)).toEqual([]));
