import { expect, it } from "vitest";
import { keyOf } from "./artifact";
import { referenceOf } from "./choice";

it("keeps what is known of each kind apart, under the key that a push or a move makes stale", () => {
  expect(keyOf({ kind: "prompt", namespace: "team" })).toEqual(["prompts", "team"]);
  expect(keyOf({ kind: "rag_strategy", namespace: "team" })).toEqual(["artifacts", "rag_strategy", "team"]);
});

it("names the version of a strategy by number or label", () => {
  expect(["3", "production", "latest", undefined].map((choice) => referenceOf("strict", choice))).toEqual(["strict/3", "strict@production", "strict", "strict"]);
});
