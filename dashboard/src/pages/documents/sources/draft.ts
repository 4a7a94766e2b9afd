/** What a person enters about a source, and what is sent of it. */
import { knownValues, linesOf, type Values } from "../../../components/schema/fields";
import { type Choice, choiceOf, isSame as isSameChoice } from "../readers/readers";
import type { NewSource, Source, SourceChange, SourceKind } from "./queries";
import { intervalOf, type Unit, UNIT_SECONDS } from "./words";

export interface SourceDraft {
  name: string;
  settings: Values;
  /** Typed anew; empty when the one that is kept, if any, stays. */
  credential: string;
  forgetsCredential: boolean;
  prefix: string;
  /** One a line. */
  include: string;
  exclude: string;
  /** How often, as typed; empty for on demand. */
  every: string;
  unit: Unit;
  removeGone: boolean;
  readers: Choice;
}

export const EMPTY: SourceDraft = {
  name: "", settings: {}, credential: "", forgetsCredential: false, prefix: "", include: "", exclude: "", every: "", unit: "minutes", removeGone: false,
  readers: { everyone: true, groups: new Set(), principals: new Set() },
};

export function draftOf(source: Source): SourceDraft {
  const interval = source.every_seconds === null ? null : intervalOf(source.every_seconds);
  return {
    name: source.name,
    settings: source.settings,
    credential: "",
    forgetsCredential: false,
    prefix: source.prefix,
    include: source.include.join("\n"),
    exclude: source.exclude.join("\n"),
    every: interval ? String(interval.number) : "",
    unit: interval?.unit ?? "minutes",
    removeGone: source.remove_gone,
    readers: choiceOf(source.readers),
  };
}

/** Return how often a draft is read; null on demand, undefined when what was typed is no number. */
export function everySeconds({ every, unit }: Pick<SourceDraft, "every" | "unit">): number | null | undefined {
  if (every.trim() === "") return null;
  const seconds = Number(every) * UNIT_SECONDS[unit];
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

/** Return what is wrong with the interval of a draft. */
export function intervalFault(draft: SourceDraft, kind: Pick<SourceKind, "name" | "least_seconds"> | undefined): string | null {
  const seconds = everySeconds(draft);
  if (seconds === undefined) return "Enter a whole number, or nothing.";
  if (kind && seconds !== null && seconds < kind.least_seconds) {
    return `A ${kind.name} source is read every ${kind.least_seconds} seconds at the most often.`;
  }
  return null;
}

export function newSourceOf(draft: SourceDraft, kind: SourceKind, sync: boolean): NewSource {
  return {
    name: draft.name.trim(),
    kind: kind.name,
    settings: knownValues(kind.settings, draft.settings),
    credential: draft.credential || null,
    prefix: draft.prefix,
    include: linesOf(draft.include),
    exclude: linesOf(draft.exclude),
    every_seconds: everySeconds(draft) ?? null,
    remove_gone: draft.removeGone,
    readers: readersOf(draft.readers),
    sync,
  };
}

/** Return what a draft makes another of a source: what stays is not sent, so that two who edit don't undo each other. */
export function changeOf(draft: SourceDraft, source: Source): SourceChange {
  const before = draftOf(source);
  const every = everySeconds(draft);
  return {
    ...(draft.name.trim() !== before.name && { name: draft.name.trim() }),
    ...(!isSame(draft.settings, before.settings) && { settings: draft.settings }),
    ...(draft.credential !== "" && { credential: draft.credential }),
    ...(draft.credential === "" && draft.forgetsCredential && { credential: null }),
    ...(draft.prefix !== before.prefix && { prefix: draft.prefix }),
    ...(!isSame(linesOf(draft.include), source.include) && { include: linesOf(draft.include) }),
    ...(!isSame(linesOf(draft.exclude), source.exclude) && { exclude: linesOf(draft.exclude) }),
    ...(every !== undefined && every !== source.every_seconds && { every_seconds: every }),
    ...(draft.removeGone !== before.removeGone && { remove_gone: draft.removeGone }),
    ...(!isSameChoice(draft.readers, before.readers) && { readers: readersOf(draft.readers) }),
  };
}

/** Return who alone may read what a source brings; null for everyone. */
function readersOf({ everyone, groups, principals }: Choice): NewSource["readers"] {
  return everyone ? null : { groups: [...groups], principals: [...principals] };
}

/** Return whether the credential has to be entered again: it is sent to no other place than it was given for. */
export function needsCredential(draft: SourceDraft, source: Source): boolean {
  return source.has_credential && !isSame(draft.settings, source.settings) && draft.credential === "" && !draft.forgetsCredential;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** Return members in the order of their names, without those that say nothing. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)));
}
