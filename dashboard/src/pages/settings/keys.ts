/** The state of keys, what a new one may be given, and when it ends. */
import type { Key, Permissions, Principal } from "./queries";

export type KeyState = "active" | "expired" | "revoked";
export const EVERY_SCOPE = "*";

export function stateOf(key: Key, now: number): KeyState {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) <= now ? "expired" : "active";
}

/** Keys with those in use first, each group from the newest on. */
export function sortedKeys(keys: readonly Key[], now: number): Key[] {
  const rank = (key: Key) => (stateOf(key, now) === "active" ? 0 : 1);
  return keys.toSorted((one, other) => rank(one) - rank(other) || Date.parse(other.created_at) - Date.parse(one.created_at));
}

export const LIFETIMES = [
  { days: null, label: "Never" },
  { days: 1, label: "In a day" },
  { days: 30, label: "In 30 days" },
  { days: 90, label: "In 90 days" },
  { days: 365, label: "In a year" },
] as const;

export function expiryAfter(days: number | null, now: number): string | null {
  return days === null ? null : new Date(now + days * 86_400_000).toISOString();
}

export interface ScopeChoice {
  scope: string;
  description: string;
  /** Why it can't be given; null when it can. */
  reason: string | null;
}

/** Every scope, and whether the caller may give it to a key of `principal`. */
export function scopeChoices(permissions: Permissions, own: readonly string[], principal: Principal): ScopeChoice[] {
  const ofRole = permissions.roles.find(({ role }) => role === principal.role)?.scopes ?? [];
  return permissions.scopes.map(({ scope, description }) => ({
    scope,
    description,
    reason: !ofRole.includes(scope)
      ? `The role ${principal.role} does not hold it.`
      : own.includes(scope)
        ? null
        : "Your own key does not have it.",
  }));
}

export function describeScopes(scopes: readonly string[]): string {
  if (scopes.includes(EVERY_SCOPE)) return "all of the role";
  return scopes.length === 1 ? scopes[0]! : `${scopes.length} scopes`;
}
