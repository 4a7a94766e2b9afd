/** From what somebody typed to the values of each option, and from combinations to words and points. */
import { numberFault } from "../faults";
import { OPTIONS, type Body, type Option } from "../options";
import type { Combination, Fitted } from "./queries";

export const MOST_COMBINATIONS = 64;

/** Every option that can be swept, by its name, with what it is called. */
export const SWEEPABLE: ReadonlyMap<string, string> = new Map(
  OPTIONS.filter(({ group }) => group !== "chunking").map(({ group, name, label }) => [`${group}.${name}`, label]),
);

/** Values that are worth trying first, as they are typed. */
export function suggestionFor(name: string): string {
  const option = OPTIONS.find((one) => `${one.group}.${one.name}` === name);
  if (option?.sort === "choice") return option.choices.map(([value]) => value).join(", ");
  if (name === "retrieval.passages") return "3, 5, 8";
  if (name === "answering.threshold") return "0.2, 0.4, 0.6";
  if (name === "retrieval.mmr") return "null, 0.7";
  return "";
}

/** Return the values in a list with commas; what is no JSON is a text. */
export function valuesIn(text: string): unknown[] {
  return text.split(",").map((one) => one.trim()).filter((one) => one !== "").map((one) => {
    try {
      return JSON.parse(one) as unknown;
    } catch {
      return one;
    }
  });
}

/** Return why the first value that an option does not take can't be tried; null when all can, or nobody here knows. */
export function valueFault(name: string, values: readonly unknown[]): string | null {
  const option = OPTIONS.find((one) => `${one.group}.${one.name}` === name);
  for (const value of values) {
    const fault = option && faultIn(option, value);
    if (fault) return `${wordOf(value)}: ${fault}`;
  }
  return null;
}

function faultIn(option: Option, value: unknown): string | null {
  if (option.sort === "choice") {
    const names = option.choices.map(([choice]) => choice);
    return names.includes(String(value)) ? null : `Choose among ${names.join(", ")}.`;
  }
  if (option.sort === "switch") return typeof value === "boolean" ? null : "Write true or false.";
  if (value === null && option.mayBeOff) return null;
  return typeof value === "number" ? numberFault(value, option) : "Write a number.";
}

/** Return how many combinations there are; 0 while an option has no value. */
export function countOf(options: readonly (readonly unknown[])[]): number {
  return options.length === 0 ? 0 : options.reduce((product, values) => product * values.length, 1);
}

/** Return the body with other values of some options, by names such as `retrieval.passages`. */
export function withOptions(body: Body, options: Readonly<Record<string, unknown>>): Body {
  const next: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(options)) {
    const [group = "", member = ""] = name.split(".");
    next[group] = { ...(next[group] as object | undefined), [member]: value };
  }
  return next as Body;
}

/** Return a combination's options with the calibration that was fitted to it; what it refused is no part of that. */
export function calibratedOptions({ options }: Pick<Combination, "options">, { own, judge, bias }: Fitted): Record<string, unknown> {
  const { "answering.threshold": _, ...others } = options;
  return { ...others, "answering.calibration": { own, judge, bias } };
}

export function shortName(option: string): string {
  return option.split(".").at(-1)!;
}

/** How a combination is called: `passages 3, fusion rrf`. */
export function titleOf({ options }: Pick<Combination, "options">): string {
  return Object.entries(options).map(([name, value]) => `${shortName(name)} ${wordOf(value)}`).join(", ");
}

export function wordOf(value: unknown): string {
  return value === null ? "off" : typeof value === "string" ? value : JSON.stringify(value);
}

/** What is drawn of a combination. */
export interface Spot {
  position: number;
  title: string;
  latency: number;
  quality: number;
  isOptimal: boolean;
}

/** Return the combinations that can be drawn; those on the front last and fastest first, so that a line joins them. */
export function spotsOf(points: readonly Combination[], metric: string): Spot[] {
  const spots = points.flatMap((point) => {
    const mean = point.figures?.metrics.find(({ scorer }) => scorer === metric)?.mean ?? null;
    const latency = point.figures?.latency_p50_ms ?? null;
    if (mean === null || latency === null) return [];
    return [{ position: point.position, title: titleOf(point), latency, quality: mean, isOptimal: point.is_optimal }];
  });
  return spots.sort((one, other) => Number(one.isOptimal) - Number(other.isOptimal) || one.latency - other.latency);
}

/** Return the tenths between which shares are drawn: a share is never above 1. */
export function shareFrame(shares: readonly number[]): [number, number] {
  const least = Math.floor(Math.min(...shares) * 10) / 10;
  return [Math.max(0, (Math.round(least * 10) - 1) / 10), Math.min(1, Math.max(0.1, Math.ceil(Math.max(...shares) * 10) / 10))];
}
