/** Search parameters: how they are written, and readers that leave out what is not valid, so that any URL opens a page. */
import { stringifySearchWith } from "@tanstack/react-router";

type Search = Record<string, unknown>;

const writeValues = stringifySearchWith(JSON.stringify, otherThanNumber);

/**
 * Write a search: texts as they are (`version=3`, which `text` reads), quoted where they would be read as something else;
 * a list of texts by repeating its name (`evaluation=…&evaluation=…`).
 */
export function writeSearch(search: Search): string {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string");
  const entries = Object.entries(search);
  const values = writeValues(Object.fromEntries(entries.filter(([, value]) => !isList(value))));
  const lists = entries.flatMap(([name, value]) => (isList(value) ? value.map((one) => [name, one]) : []));
  if (lists.length === 0) return values;
  return `${values ? `${values}&` : "?"}${new URLSearchParams(lists).toString()}`;
}

/** Return what a text would be read as; throws, as `JSON.parse` does, where it may stand as it is. */
function otherThanNumber(value: string): unknown {
  const read: unknown = JSON.parse(value);
  if (typeof read === "number" && String(read) === value) throw new SyntaxError(`${value} is read as the same text`);
  return read;
}

/** A text that is not empty; numbers in a URL count as text. */
export function text(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A path of this site: a link must not lead elsewhere once somebody has signed in. */
export function ownPath(search: Search, name: string): string | undefined {
  const value = text(search, name);
  return value && /^\/(?![/\\])/.test(value) ? value : undefined;
}

/** A whole number from `least` on. */
export function whole(search: Search, name: string, least = 1): number | undefined {
  const value = Number(search[name]);
  return Number.isSafeInteger(value) && value >= least && search[name] !== "" ? value : undefined;
}

/** One of a few words. */
export function oneOf<Word extends string>(search: Search, name: string, words: readonly Word[]): Word | undefined {
  const value = search[name];
  return words.find((word) => word === value);
}

/** True, or left out. */
export function flag(search: Search, name: string): true | undefined {
  const value = search[name];
  return value === true || value === "true" || value === 1 ? true : undefined;
}

/** An id (RFC 9562), in lower case. */
export function uuid(search: Search, name: string): string | undefined {
  const value = text(search, name);
  return value && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value.toLowerCase() : undefined;
}

/** A moment in ISO 8601, in UTC. */
export function moment(search: Search, name: string): string | undefined {
  const value = text(search, name);
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
