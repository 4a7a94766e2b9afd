/** Moments as the browser's date and time control takes them: local, without a zone. */

/** 2026-01-31T09:30:00 in the person's time zone; empty for none. */
export function toLocal(iso: string | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** The moment in ISO 8601 and UTC; undefined while it is empty or incomplete. */
export function fromLocal(value: string): string | undefined {
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
