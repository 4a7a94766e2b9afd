/** Which version: a number or a label, as the URL and the API write it. */

export type Choice = { version: number; label?: undefined } | { label: string; version?: undefined };

export const LATEST = "latest";

/** Read "3" or "production"; nothing means the latest. */
export function choiceOf(text: string | undefined): Choice {
  if (text === undefined) return { label: LATEST };
  return /^[1-9]\d{0,8}$/.test(text) ? { version: Number(text) } : { label: text };
}

/** Write a choice for people: "version 3", "production". */
export function choiceName(text: string): string {
  return /^\d+$/.test(text) ? `version ${text}` : text;
}

/** Write a choice as part of a name: `strict/3`, `strict@production`; the latest is the name alone. */
export function referenceOf(name: string, choice: string | undefined): string {
  if (choice === undefined || choice === LATEST) return name;
  return /^\d+$/.test(choice) ? `${name}/${choice}` : `${name}@${choice}`;
}
