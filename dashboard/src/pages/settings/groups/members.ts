/** Who can join a group. */
import type { Principal } from "../queries";

/** Those who do not belong to it yet and are not disabled, by name. */
export function addable(principals: readonly Principal[], members: readonly Principal[]): Principal[] {
  const inside = new Set(members.map(({ id }) => id));
  return principals
    .filter(({ id, disabled_at }) => disabled_at === null && !inside.has(id))
    .sort((one, other) => one.name.localeCompare(other.name));
}
