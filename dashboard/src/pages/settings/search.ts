/** What of the settings stands in the URL. */
import { flag, oneOf, text } from "../../app/search";

export const SECTIONS = ["keys", "people", "groups", "models", "namespaces", "instance"] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface SettingSearch {
  section?: SectionName | undefined;
  /** The key, principal, group or provider that is open beside its list. */
  open?: string | undefined;
  /** Keys that no longer work are listed too. */
  all?: true | undefined;
}

export function settingSearch(search: Record<string, unknown>): SettingSearch {
  return { section: oneOf(search, "section", SECTIONS.slice(1)), open: text(search, "open"), all: flag(search, "all") };
}
