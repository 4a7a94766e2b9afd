import { describe, expect, it } from "vitest";
import { checkCommand, proofFileName } from "./checking";

describe("proofs", () => {
  it("have file names without anything a shell or a file system minds", () => {
    expect(proofFileName("a/b c;d")).toBe("proof-a_b_c_d.json");
    expect(proofFileName("x", true)).toBe("proof-x-with-content.json");
  });

  it("are checked by a command whose key is one word", () => {
    expect(checkCommand("p.json", "log+1a+A'B=")).toBe(`mcp-engine audit check p.json --vkey 'log+1a+A'\\''B='`);
  });
});
