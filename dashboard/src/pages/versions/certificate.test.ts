import { describe, expect, it } from "vitest";
import { proofOf, readCertificate } from "./certificate";

const PROVED = {
  proof: "gates",
  request: "7",
  approvers: ["1", "2", 3],
  gates: [
    {
      gate: "better", number: 2,
      requirements: [{ name: "right", verdict: "passed", scorer: "exact", split: "sealed", level: 0.002, rows: 400, later: 1 }],
    },
  ],
};

describe("readCertificate", () => {
  it("keeps what it knows", () => {
    const read = readCertificate(PROVED);
    expect(read).toMatchObject({ proof: "gates", request: "7", approvers: ["1", "2"] });
    expect(read?.gates[0]).toMatchObject({ gate: "better", number: 2 });
    expect(read?.gates[0]?.requirements[0]).toEqual({
      name: "right", verdict: "passed", scorer: "exact", split: "sealed", level: 0.002, rows: 400, statement: "",
      datasetDigest: null, scorerLock: null, statistic: null,
    });
    expect(read?.missing).toEqual([]);
  });
  it("takes what says nothing for no proof, and nothing for none", () => {
    expect(readCertificate({})?.proof).toBe("none");
    expect(readCertificate(null)).toBeNull();
    expect(readCertificate([PROVED])).toBeNull();
  });
});

describe("proofOf", () => {
  const move = { certificate: PROVED, standing: true, restores: null };
  it("tells what a move rests on", () => {
    expect(proofOf(move)).toBe("proved");
    expect(proofOf({ ...move, standing: false })).toBe("lapsed");
    expect(proofOf({ ...move, certificate: { proof: "none" } })).toBe("unproved");
    expect(proofOf({ ...move, certificate: null, standing: null })).toBe("ungated");
    expect(proofOf({ ...move, certificate: null, restores: 3 })).toBe("rollback");
  });
  it("never takes a promotion without proof for one that lapsed", () =>
    expect(proofOf({ ...move, certificate: { proof: "none" }, standing: false })).toBe("unproved"));
});
