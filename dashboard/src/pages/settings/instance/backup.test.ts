import { expect, it } from "vitest";
import { fileName } from "./backup";

it("names a backup by its moment", () => {
  expect(fileName(new Date(2026, 4, 1, 12, 3))).toBe("mcp-engine-2026-05-01T1203.tar");
});
