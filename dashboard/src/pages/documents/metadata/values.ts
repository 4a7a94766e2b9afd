/** Metadata as it is typed: 2024 is a number, true and false are booleans, all else is text, and so is what stands in quotation marks. */
import type { Schema } from "../../../api/client";

export type Metadata = Schema<"Document">["metadata"];
export type Value = string | number | boolean;

/** A key and its value, both as they are typed. */
export interface Pair {
  key: string;
  value: string;
}

export const MOST_KEYS = 32;
export const NO_PAIR: Pair = { key: "", value: "" };
export const VALUE_HINT = "2024 is a number, and true and false are yes and no; in quotation marks all is text: \"2024\".";
const MOST_CHARACTERS = 512;
const KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"$/u;
const CONTROL = /\p{Cc}/u;

/** Return what was meant. */
export function read(typed: string): Value {
  const text = typed.trim();
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  if (QUOTED.test(text)) return JSON.parse(text) as string;
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** Return how a value is typed, so that it is read as what it is. */
export function written(value: Value): string {
  if (typeof value !== "string") return String(value);
  return read(value) === value && !CONTROL.test(value) ? value : JSON.stringify(value);
}

/** Return the pairs of metadata, by key. */
export function pairsOf(metadata: Metadata): Pair[] {
  return Object.entries(metadata)
    .map(([key, value]) => ({ key, value: written(value) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Return what pairs say; those without a key say nothing. */
export function metadataOf(pairs: readonly Pair[]): Metadata {
  return Object.fromEntries(pairs.filter(({ key, value }) => key.trim() !== "" || value.trim() !== "").map(({ key, value }) => [key.trim(), read(value)]));
}

export function keyFault(key: string): string | null {
  return KEY.test(key.trim()) ? null : "Up to 64 letters, digits, _ . or -, beginning with a letter or _.";
}

export function valueFault(value: Value): string | null {
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? null : "A number up to 2^53 - 1.";
  return typeof value === "string" && [...value].length > MOST_CHARACTERS ? `At most ${MOST_CHARACTERS} characters.` : null;
}

/** Return what is wrong with a pair among others; null for one that fits, or says nothing yet. */
export function pairFault({ key, value }: Pair, all: readonly Pair[]): string | null {
  if (key.trim() === "" && value.trim() === "") return null;
  if (all.filter((one) => one.key.trim() === key.trim()).length > 1) return "This key stands here twice.";
  return keyFault(key) ?? valueFault(read(value));
}

export function haveFault(pairs: readonly Pair[]): boolean {
  return pairs.some((pair) => pairFault(pair, pairs) !== null);
}

/** Return metadata on one line. */
export function inWords(metadata: Metadata): string {
  return pairsOf(metadata).map(({ key, value }) => `${key}: ${value}`).join(" · ");
}
