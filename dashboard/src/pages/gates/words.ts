/** What gates ask for, in words. */
import type { Detail, Ledger, Requirement, Summary } from "./queries";

/** "production of every prompt", "production of prompt greet, answer*" */
export function protectsInWords({ kind, names, label }: Summary["protects"]): string {
  if (names.length === 0 || names.includes("*")) return `${label} of every ${kind}`;
  return `${label} of ${kind} ${names.join(", ")}`;
}

/** "is better", "loses less than 0.05 of the rows", "is right on more than 80 % of the rows" */
export function ruleInWords({ rule, margin, threshold, pass_at: passAt }: Pick<Requirement, "rule" | "margin" | "threshold" | "pass_at">): string {
  const right = passAt === null || passAt === undefined ? "" : ` (a row is right from ${passAt} on)`;
  if (rule === "at_least") return `is right on more than ${percent(threshold ?? 0)} of the rows${right}`;
  if (rule === "not_worse") return `is right on less than ${percent(margin ?? 0)} fewer rows than before${right}`;
  return `more rows improve than worsen${right}`;
}

/** "two persons, neither of them the author" */
export function approvalsInWords(approvals: number): string {
  if (approvals === 0) return "nobody has to approve";
  if (approvals === 1) return "one person, not the author of the version";
  return `${approvals} persons, none of them the author of the version`;
}

export function machinesInWords(machines: Detail["machines"]): string {
  return machines === "release" ? "may release" : "may ask for a release, and never carry it out";
}

export function experimentsInWords(experiments: Detail["experiments"]): string {
  return experiments === "allow" ? "may show unreleased versions" : "may not show unreleased versions";
}

/** 90 min, 2 h, 3 days */
export function minutesInWords(minutes: number): string {
  if (minutes === 0) return "none";
  if (minutes % 1440 === 0) return minutes === 1440 ? "1 day" : `${minutes / 1440} days`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** Of a budget's meter, in one sentence that needs no picture. */
export function ledgerInWords({ left, looks, planned, passes }: Ledger): string {
  const passed = passes === 0 ? "none passed" : `${passes} passed`;
  return `${percent(left)} of the error budget is left after ${looks} of ${planned} planned ${planned === 1 ? "look" : "looks"}, ${passed}`;
}
