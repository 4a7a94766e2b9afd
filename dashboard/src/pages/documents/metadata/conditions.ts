/** Conditions on metadata, by which documents are filtered, as they are typed and said. */
import type { Schema } from "../../../api/client";
import { type Value, keyFault, read, valueFault, written } from "./values";

export type Condition = Schema<"MetadataCondition">;

/** A condition as it is typed. */
export interface Row {
  key: string;
  kind: "one_of" | "range";
  values: string;
  low: string;
  high: string;
}

export const MOST_CONDITIONS = 10;
export const NO_ROW: Row = { key: "", kind: "one_of", values: "", low: "", high: "" };
const ONE = /\s*"(?:[^"\\]|\\.)*"\s*(?=,|$)|[^,]+/g;

/** Return the conditions that rows say; those that say nothing at all are left out. */
export function conditionsOf(rows: readonly Row[]): Condition[] {
  return rows.filter((row) => row.key.trim() !== "" || isSaid(row)).map(conditionOf);
}

export function rowsOf(conditions: readonly Partial<Condition>[]): Row[] {
  return conditions.map(({ key = "", one_of = [], at_least, at_most }) => ({
    key,
    kind: one_of.length > 0 ? "one_of" : "range",
    values: one_of.map(listed).join(", "),
    low: end(at_least),
    high: end(at_most),
  }));
}

/** Return why no document could pass, or what is missing; null where one may. */
export function conditionFault({ key = "", one_of = [], at_least = null, at_most = null }: Partial<Condition>): string | null {
  const wrong = keyFault(key);
  if (wrong !== null) return `A key: ${wrong.charAt(0).toLowerCase()}${wrong.slice(1)}`;
  const said = [...one_of, at_least, at_most].filter((value) => value !== null);
  if (said.length === 0) return "Say a value.";
  if (one_of.length > 50) return "At most 50 values.";
  if ([at_least, at_most].some((bound) => typeof bound === "boolean")) return "A range is of numbers or of text.";
  if (at_least !== null && at_most !== null) {
    if (typeof at_least !== typeof at_most) return "Both ends must be numbers, or both text.";
    if (at_least > at_most) return "The first is more than the last: no document can fit.";
  }
  return said.map(valueFault).find((fault) => fault !== null) ?? null;
}

/** Return conditions in words. */
export function conditionsInWords(conditions: readonly Partial<Condition>[]): string {
  return conditions.map(inWords).join(" and ");
}

function inWords({ key, one_of = [], at_least = null, at_most = null }: Partial<Condition>): string {
  if (one_of.length > 0) return `${key} is ${one_of.map(written).join(" or ")}`;
  if (at_least !== null && at_most !== null) return `${key} is ${written(at_least)} to ${written(at_most)}`;
  return at_least === null ? `${key} is at most ${end(at_most)}` : `${key} is at least ${written(at_least)}`;
}

function conditionOf({ key, kind, values, low, high }: Row): Condition {
  if (kind === "range") return { key: key.trim(), ...bound("at_least", low), ...bound("at_most", high) } as Condition;
  const one_of = [...values.matchAll(ONE)].map(([one]) => one.trim()).filter((one) => one !== "").map(read);
  return { key: key.trim(), one_of } as Condition;
}

function bound(name: "at_least" | "at_most", typed: string): Record<string, Value> {
  return typed.trim() === "" ? {} : { [name]: read(typed) };
}

function isSaid({ kind, values, low, high }: Row): boolean {
  return (kind === "range" ? `${low}${high}` : values).trim() !== "";
}

function end(value: Value | null | undefined): string {
  return value === null || value === undefined ? "" : written(value);
}

/** A value among others, with commas between. */
function listed(value: Value): string {
  const typed = written(value);
  return typeof value === "string" && typed === value && (value === "" || /[",]/.test(value)) ? JSON.stringify(value) : typed;
}
