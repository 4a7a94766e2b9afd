/** Who may read a document, as it is shown and chosen. */
import type { Readers } from "../queries";

/** What a dialog has chosen: groups by name, people and machines by id. */
export interface Choice {
  everyone: boolean;
  groups: ReadonlySet<string>;
  principals: ReadonlySet<string>;
}

export function choiceOf(readers: Readers): Choice {
  return {
    everyone: !readers.restricted,
    groups: new Set(readers.groups.map(({ name }) => name)),
    principals: new Set(readers.principals.map(({ id }) => id)),
  };
}

/** Whoever restricts a document for the first time begins with themselves on the list: the engine asks for that. */
export function restricted(choice: Choice, me: string): Choice {
  const isEmpty = choice.groups.size + choice.principals.size === 0;
  return { ...choice, everyone: false, principals: isEmpty ? new Set([me]) : choice.principals };
}

export function toggled(chosen: ReadonlySet<string>, one: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (isIn) next.add(one);
  else next.delete(one);
  return next;
}

export function isSame(one: Choice, other: Choice): boolean {
  if (one.everyone || other.everyone) return one.everyone === other.everyone;
  return areSame(one.groups, other.groups) && areSame(one.principals, other.principals);
}

function areSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}
