import { expect, test } from "vitest";
import type { Principal } from "../queries";
import { addable } from "./members";

const at = "2026-01-01T00:00:00Z";
const person = (name: string, disabled_at: string | null = null): Principal => ({ id: `id-${name}`, kind: "person", name, role: "editor", disabled_at, created_at: at });

test("those who are inside or disabled can't be added, the others come by name", () => {
  const [ada, grace, lin, off] = [person("Ada"), person("Grace"), person("Lin"), person("Off", at)];
  expect(addable([lin, off, grace, ada], [grace])).toEqual([ada, lin]);
  expect(addable([], [grace])).toEqual([]);
});
