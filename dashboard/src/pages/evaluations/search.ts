/** What of the pages stands in the URL. */
import { flag, oneOf, text, uuid, whole } from "../../app/search";

const SIDES = ["left", "right"] as const;
export type Side = (typeof SIDES)[number];

/** An evaluation that is about to be started. */
export interface StartDraft {
  /** A version, such as "greet/3" or "greet@production". */
  subject?: string | undefined;
  dataset?: string | undefined;
  split?: string | undefined;
  scorers?: string[] | undefined;
  model?: string | undefined;
  parameters?: Record<string, unknown> | undefined;
  limit?: number | undefined;
  /** Runs every row again, whatever earlier evaluations gave. */
  fresh?: true | undefined;
}

export interface ListSearch {
  subject?: string | undefined;
  version?: number | undefined;
  dataset?: string | undefined;
  /** The evaluations that are marked to be compared. */
  pick?: string[] | undefined;
  start?: StartDraft | undefined;
}

export interface EvaluationSearch {
  failed?: true | undefined;
  /** The position of the row that is open beside the list. */
  row?: number | undefined;
  /** The trace of the row's run is shown, not the row. */
  trace?: true | undefined;
}

export interface CompareSearch {
  /** The first is the baseline. */
  evaluation?: string[] | undefined;
  /** The candidate whose rows are shown; else the last. */
  candidate?: string | undefined;
  scorer?: string | undefined;
  changed?: true | undefined;
  row?: number | undefined;
  /** The side whose trace is shown, not the outputs. */
  trace?: Side | undefined;
}

type Search = Record<string, unknown>;

export function listSearch(search: Search): ListSearch {
  return {
    subject: text(search, "subject"),
    version: whole(search, "version"),
    dataset: text(search, "dataset"),
    pick: uuids(search, "pick"),
    start: isObject(search.start) ? startDraft(search.start) : search.start === true ? {} : undefined,
  };
}

export function evaluationSearch(search: Search): EvaluationSearch {
  return { failed: flag(search, "failed"), row: whole(search, "row", 0), trace: flag(search, "trace") };
}

export function compareSearch(search: Search): CompareSearch {
  return {
    evaluation: uuids(search, "evaluation"),
    candidate: uuid(search, "candidate"),
    scorer: text(search, "scorer"),
    changed: flag(search, "changed"),
    row: whole(search, "row", 0),
    trace: oneOf(search, "trace", SIDES),
  };
}

function startDraft(draft: Search): StartDraft {
  const scorers = texts(draft.scorers);
  return {
    subject: text(draft, "subject"),
    dataset: text(draft, "dataset"),
    split: text(draft, "split"),
    scorers: scorers.length > 0 ? scorers : undefined,
    model: text(draft, "model"),
    parameters: isObject(draft.parameters) ? draft.parameters : undefined,
    limit: whole(draft, "limit"),
    fresh: flag(draft, "fresh"),
  };
}

/** Ids, each once: one alone, repeated, or as a list. */
function uuids(search: Search, name: string): string[] | undefined {
  const found = texts(search[name]).map((value) => uuid({ value }, "value")).filter((value) => value !== undefined);
  return found.length > 0 ? [...new Set(found)] : undefined;
}

function texts(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one): one is string => typeof one === "string" && one !== "");
}

function isObject(value: unknown): value is Search {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
