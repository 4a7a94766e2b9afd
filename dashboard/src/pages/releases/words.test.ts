import { describe, expect, it } from "vitest";
import type { Approval, ReleaseRequest, Requirement, State } from "./queries";
import { approvalsLeft, evidenceInWords, formatLevel, moveInWords, rowsInWords, standingInWords, statementOf } from "./words";

const approval = (actor_id: string, approved = true): Approval => ({ actor_id, actor_name: `Name ${actor_id}`, approved, comment: "", created_at: "" });
const requirement = (verdict: Requirement["verdict"]): Requirement => ({
  name: "right", scorer: "exact", scorer_number: 1, dataset: "questions", dataset_number: 1, split: "sealed", rule: "better", rows: 400,
  statistic: "", level: null, verdict, statement: "", evaluations: [],
});
const request = (state: State, parts: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
  id: "1", namespace: "default", kind: "prompt", name: "greet", label: "production", version: 4, version_id: "v", author_id: "ada",
  baseline_version: 3, requested_by: "ada", reason: "", created_at: "", state, job_id: "j", progress_done: 0, progress_total: 0,
  gates: [], approvals: [], approvals_granted: 0, approvals_needed: 2, missing: [], label_event: null, ...parts,
});

describe("approvalsLeft", () => {
  it("is what those that count leave", () => {
    expect(approvalsLeft(request("waiting"))).toBe(2);
    expect(approvalsLeft(request("waiting", { approvals: [approval("ada"), approval("bob")], approvals_granted: 1 }))).toBe(1);
  });
  it("is never below none", () =>
    expect(approvalsLeft(request("ready", { approvals_needed: 0, approvals_granted: 1 }))).toBe(0));
});

describe("standingInWords", () => {
  it("says what it waits for", () => {
    expect(standingInWords(request("waiting"))).toBe("Waits for 2 more persons to approve.");
    expect(standingInWords(request("waiting", { approvals_granted: 1 }))).toBe("Waits for one more person to approve.");
    expect(standingInWords(request("waiting", { approvals_needed: 0 }))).toBe("Waits for what is listed below.");
  });
  it("names who rejected", () =>
    expect(standingInWords(request("rejected", { approvals: [approval("bob"), approval("eve", false)] }))).toBe("Rejected by Name eve."));
});

describe("in words", () => {
  it("is what moves where", () => {
    expect(moveInWords(request("ready"))).toBe("production: version 3 → 4");
    expect(moveInWords(request("ready", { baseline_version: null }))).toBe("production: nothing → version 4");
  });
  it("is what the evidence says over all gates", () => {
    const gates = [{ gate: "a", number: 1, requirements: [requirement("passed")] }, { gate: "b", number: 1, requirements: [requirement("not_looked")] }];
    expect(evidenceInWords({ gates })).toBe("1 of 2 passed");
    expect(evidenceInWords({ gates: [] })).toBe("none asked for");
  });
  it("is a requirement's statement without its name", () => {
    expect(statementOf({ name: "right", statement: "right: it was shown." })).toBe("It was shown.");
    expect(statementOf({ name: "right", statement: "rightly so" })).toBe("Rightly so");
  });
  it("are figures", () => {
    expect(rowsInWords({ rows: 1, split: "sealed" })).toBe("1 row of the split sealed");
    expect([0.00213, 0.00000025, 0].map(formatLevel)).toEqual(["0.0021", "2.5e-7", "0"]);
  });
});
