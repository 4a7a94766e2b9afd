/** What each column of a file is for, in the engine's terms. */
import type { Schema } from "../../../api/client";
import { ApiProblem } from "../../../api/problem";

export const ROLES = {
  input: "Input",
  expected: "Expected",
  metadata: "Metadata",
  split: "Split",
  none: "Left out",
} as const;
export type Role = keyof typeof ROLES;
export type Roles = Readonly<Record<string, Role>>;

/** The roles to begin with: columns named expected and split are that, all others are inputs. */
export function guessed(columns: readonly string[]): Roles {
  return Object.fromEntries(columns.map((name) => [name, name === "expected" || name === "split" ? name : "input"]));
}

/** Return the roles with one changed: there is one column of what is expected at the most, and one of splits. */
export function withRole(roles: Roles, column: string, role: Role): Roles {
  const isSingle = role === "expected" || role === "split";
  const others = Object.entries(roles).map(([name, old]) => [name, isSingle && old === role ? "input" : old] as const);
  return { ...Object.fromEntries(others), [column]: role };
}

/** Return the roles as the engine takes them. No column has the empty name: it stands for none. */
export function columnsOf(roles: Roles): Schema<"Columns"> {
  const having = (role: Role) => Object.keys(roles).filter((name) => roles[name] === role);
  return {
    inputs: having("input"),
    expected: having("expected")[0] ?? "",
    metadata: having("metadata"),
    split: having("split")[0] ?? "",
  };
}


/** Return shares, in percent, as the engine takes them; none where everything is open, which is what it does by itself. */
export function sharesOf(sealedPercent: number): Record<string, number> {
  if (sealedPercent <= 0) return {};
  if (sealedPercent >= 100) return { sealed: 1 };
  return { open: (100 - sealedPercent) / 100, sealed: sealedPercent / 100 };
}

export type Place = { at: "name" | "shares" | "file" } | { at: "columns"; column: string | null };

/** Return where in the form a refusal belongs. */
export function placeOf(error: unknown): Place {
  if (!(error instanceof ApiProblem)) return { at: "file" };
  const { column, faults } = error.document;
  switch (error.code) {
    case "name.invalid":
      return { at: "name" };
    case "request.invalid":
      return { at: isOfName(faults) ? "name" : "file" };
    case "dataset.shares_invalid":
    case "dataset.in_two_splits":
      return { at: "shares" };
    case "dataset.missing_column":
    case "dataset.duplicate_columns":
    case "dataset.no_inputs":
    case "dataset.value_invalid":
      return { at: "columns", column: typeof column === "string" ? column : null };
    default:
      return { at: "file" };
  }
}

/** Whether one of a request's faults is the dataset's name. */
function isOfName(faults: unknown): boolean {
  return Array.isArray(faults) && faults.some((fault: { field?: unknown }) => typeof fault.field === "string" && /(^|\.)name$/.test(fault.field));
}

/** Return a name for a dataset from that of its file. */
export function nameOf(file: string): string {
  return file.replace(/\.[^.]+$/, "").toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "").slice(0, 64);
}
