import { describe, expect, it } from "vitest";
import { stepped } from "./keys";

describe("stepped", () => {
  const keys = ["a", "b", "c"];
  it("begins with the first", () => expect(stepped(keys, undefined, 1)).toBe("a"));
  it("begins again when what was chosen is gone", () => expect(stepped(keys, "gone", 1)).toBe("a"));
  it("goes on and back", () => {
    expect(stepped(keys, "a", 1)).toBe("b");
    expect(stepped(keys, "b", -1)).toBe("a");
  });
  it("stops at both ends", () => {
    expect(stepped(keys, "c", 1)).toBe("c");
    expect(stepped(keys, "a", -1)).toBe("a");
  });
  it("has nowhere to go in an empty list", () => expect(stepped([], "a", 1)).toBeUndefined());
});
