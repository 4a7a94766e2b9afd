/** Keys that work on a whole page, and never while somebody types. */
import { useEffect, useRef } from "react";

type KeyMap = Record<string, (event: KeyboardEvent) => void>;

/** Return whether a key press belongs to a control that takes text, or to an open dialog or menu. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("[role=dialog],[role=alertdialog],[role=menu],[role=listbox]")) {
    return event.key !== "Escape" || target.isContentEditable;
  }
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && event.key !== "Escape";
}

/** Run handlers by `event.key` for as long as the component is mounted. */
export function useKeys(keys: KeyMap, enabled = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!enabled) return;
    function listen(event: KeyboardEvent) {
      const handler = latest.current[event.key];
      if (handler && !isTaken(event)) {
        event.preventDefault();
        handler(event);
      }
    }
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [enabled]);
}

/** Return the neighbour of `key` in `keys`, `step` places on; the first one when nothing is chosen yet. */
export function stepped(keys: readonly string[], key: string | undefined, step: 1 | -1): string | undefined {
  if (keys.length === 0) return undefined;
  const at = key === undefined ? -1 : keys.indexOf(key);
  if (at < 0) return keys[0];
  return keys[Math.min(keys.length - 1, Math.max(0, at + step))];
}

/** Step through a list with J and K (or the arrow keys), and close what is open with Escape. */
export function useListKeys({ keys, selected, select, enabled = true }: {
  keys: readonly string[];
  selected: string | undefined;
  /** Called with undefined to close. */
  select: (key: string | undefined) => void;
  enabled?: boolean;
}): void {
  const step = (by: 1 | -1) => () => {
    const next = stepped(keys, selected, by);
    if (next !== undefined && next !== selected) select(next);
  };
  useKeys(
    { j: step(1), k: step(-1), Escape: () => selected !== undefined && select(undefined) },
    enabled,
  );
}
