/** What of the pages stands in the URL, and what of it the engine is asked. */
import { moment, oneOf, text, uuid, whole } from "../../app/search";

export const STATUSES = ["running", "succeeded", "failed", "cancelled"] as const;
export const TABS = ["overview", "trace", "details"] as const;
export const PERIODS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 } as const;
export type Status = (typeof STATUSES)[number];
export type Tab = (typeof TABS)[number];
export type Period = keyof typeof PERIODS;

export interface ExecutionFilters {
  q?: string | undefined;
  status?: Status | undefined;
  kind?: string | undefined;
  artifact?: string | undefined;
  version?: number | undefined;
  label?: string | undefined;
  model?: string | undefined;
  actor?: string | undefined;
  period?: Period | undefined;
  /** Moments in ISO 8601; they win over `period`. */
  since?: string | undefined;
  until?: string | undefined;
  minMs?: number | undefined;
  parent?: string | undefined;
}

export interface ExecutionSearch extends ExecutionFilters {
  /** The execution that is open beside the list. */
  open?: string | undefined;
  tab?: Tab | undefined;
  /** The execution that another is about to be compared with. */
  compare?: string | undefined;
}

export interface CompareSearch {
  left?: string | undefined;
  right?: string | undefined;
}

const MORE: readonly (keyof ExecutionFilters)[] = ["version", "label", "model", "actor", "since", "until", "minMs", "parent"];
const ALL: readonly (keyof ExecutionFilters)[] = ["q", "status", "kind", "artifact", "period", ...MORE];

export function executionSearch(search: Record<string, unknown>): ExecutionSearch {
  return {
    q: text(search, "q"),
    status: oneOf(search, "status", STATUSES),
    kind: text(search, "kind"),
    artifact: text(search, "artifact"),
    version: whole(search, "version"),
    label: text(search, "label"),
    model: text(search, "model"),
    actor: uuid(search, "actor"),
    period: oneOf(search, "period", Object.keys(PERIODS) as Period[]),
    since: moment(search, "since"),
    until: moment(search, "until"),
    minMs: whole(search, "minMs"),
    parent: uuid(search, "parent"),
    open: uuid(search, "open"),
    tab: oneOf(search, "tab", TABS.slice(1)),
    compare: uuid(search, "compare"),
  };
}

export function compareSearch(search: Record<string, unknown>): CompareSearch {
  return { left: uuid(search, "left"), right: uuid(search, "right") };
}

/** Every filter, emptied. */
export const NO_FILTERS = Object.fromEntries(ALL.map((name) => [name, undefined])) as ExecutionFilters;

export function activeFilters(search: ExecutionFilters): number {
  return ALL.filter((name) => search[name] !== undefined).length;
}

/** How many filters are set that do not stand in the first row. */
export function activeMore(search: ExecutionFilters): number {
  return MORE.filter((name) => search[name] !== undefined).length;
}

/** The filters of a search as the engine's query; a period begins `now` less its length. */
export function engineQuery(search: ExecutionFilters, namespace: string, now: number) {
  const begin = search.period && new Date(now - PERIODS[search.period]).toISOString();
  return {
    // The steps of an execution are found whatever the namespace.
    namespace: search.parent ? null : namespace,
    text: search.q ?? null,
    status: search.status ?? null,
    kind: search.kind ?? null,
    artifact_name: search.artifact ?? null,
    version: search.version ?? null,
    label: search.label ?? null,
    model: search.model ?? null,
    actor: search.actor ?? null,
    since: search.since ?? begin ?? null,
    until: search.until ?? null,
    min_latency_ms: search.minMs ?? null,
    parent_id: search.parent ?? null,
  };
}

export type EngineQuery = ReturnType<typeof engineQuery>;
