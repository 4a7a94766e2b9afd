import { expect, test } from "vitest";
import type { Readers } from "../queries";
import { choiceOf, isSame, restricted, toggled } from "./readers";

const EVERYONE: Readers = { restricted: false, principals: [], groups: [] };
const CREW: Readers = { restricted: true, principals: [{ id: "1", name: "Ada" }], groups: [{ id: "9", name: "crew" }] };

test("who restricts a document begins on its list, and a list that is there stays", () => {
  const first = restricted(choiceOf(EVERYONE), "me");
  expect([first.everyone, [...first.principals], [...first.groups]]).toEqual([false, ["me"], []]);
  const again = restricted({ ...choiceOf(CREW), everyone: true }, "me");
  expect([...again.principals]).toEqual(["1"]);
});

test("choices are toggled without changing the one before", () => {
  const before = choiceOf(CREW).groups;
  expect([...toggled(before, "cooks", true)]).toEqual(["crew", "cooks"]);
  expect([...toggled(before, "crew", false)]).toEqual([]);
  expect([...before]).toEqual(["crew"]);
});

test("a choice is the same whatever the order, and everyone is everyone whatever was chosen before", () => {
  const crew = choiceOf(CREW);
  expect(isSame(crew, choiceOf({ ...CREW }))).toBe(true);
  expect(isSame(crew, { ...crew, groups: new Set() })).toBe(false);
  expect(isSame(crew, { ...crew, everyone: true })).toBe(false);
  expect(isSame({ ...crew, everyone: true }, choiceOf(EVERYONE))).toBe(true);
});
