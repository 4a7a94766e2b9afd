import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem";
import { refusedMove } from "./refusals";

const PROBLEM = { title: "Conflict", status: 409, code: "gate.refused", detail: "No." };
const LACKING = { gate: "better", code: "gate.approvals_missing", message: "0 of 2 persons have approved." };

describe("refusedMove", () => {
  it("lists what is missing, and the open request", () => {
    const error = new ApiProblem({ ...PROBLEM, missing: [LACKING, "odd"], request_id: "7" });
    expect(refusedMove(error)).toEqual({ missing: [LACKING], requestId: "7" });
    expect(refusedMove(new ApiProblem(PROBLEM))).toEqual({ missing: [], requestId: null });
  });
  it("leaves every other failure alone", () => {
    expect(refusedMove(new ApiProblem({ ...PROBLEM, code: "label.invalid" }))).toBeNull();
    expect(refusedMove(new Error("gate.refused"))).toBeNull();
  });
});
