import { describe, expect, it } from "vitest";
import { placeIn } from "./template";

describe("placeIn", () => {
  it.each([
    ["plain text", null],
    ["{{ name }} and then", null],
    ["{{ na", "expression"],
    ["{{ name | up", "filter"],
    ["{{ name |", "filter"],
    ["{% fo", "tag"],
    ["{%- if na", "expression"],
    ["{{ user.na", null],
    ["{% if a %}{{ b", "expression"],
  ])("in %j waits for %s", (before, kind) => expect(placeIn(before)).toBe(kind));
});
