/** What of the pages stands in the URL. */
import { flag, oneOf, text, whole } from "../../app/search";

export const PARTS = ["rows", "versions", "about"] as const;
export type Part = (typeof PARTS)[number];

/** A version by its number, by a label, or (neither) the latest. */
export interface Choice {
  version?: number;
  label?: string;
}

export interface ListSearch {
  q?: string | undefined;
  tag?: string | undefined;
  /** The dialog that takes a file is open. */
  upload?: true | undefined;
}

export interface DatasetSearch {
  /** "3", "current", or nothing for the latest. */
  version?: string | undefined;
  split?: string | undefined;
  /** The position of the row that is open beside the list. */
  row?: number | undefined;
  part?: Part | undefined;
  upload?: true | undefined;
}

export function listSearch(search: Record<string, unknown>): ListSearch {
  return { q: text(search, "q"), tag: text(search, "tag"), upload: flag(search, "upload") };
}

export function datasetSearch(search: Record<string, unknown>): DatasetSearch {
  return {
    version: text(search, "version"),
    split: text(search, "split"),
    row: whole(search, "row", 0),
    part: oneOf(search, "part", PARTS.slice(1)),
    upload: flag(search, "upload"),
  };
}

/** A choice as the engine is asked for it: a number is a version, anything else a label. */
export function choiceOf(choice: string | undefined): Choice {
  if (choice === undefined || choice === "latest") return {};
  return /^[1-9]\d*$/.test(choice) ? { version: Number(choice) } : { label: choice };
}
