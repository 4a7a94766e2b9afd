import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { flag, oneOf, text } from "../../app/search";
import { compareSearch, movesSearch, versionSearch } from "../versions/search";
import { sweepSearch } from "./sweeps/search";

export type PreviewName = "answer" | "chunks";

export interface EditSearch {
  /** The strategy whose next version is written: `NAME`, `NAME/3` or `NAME@label`. */
  strategy?: string | undefined;
  view?: PreviewName | undefined;
  collection?: string | undefined;
  q?: string | undefined;
  /** The document that is cut. */
  document?: string | undefined;
  /** Options to begin with instead of the strategy's own, by names such as `retrieval.passages`. */
  options?: Record<string, unknown> | undefined;
}

const VIEWS: readonly PreviewName[] = ["answer", "chunks"];

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies",
  component: lazyRouteComponent(() => import("./StrategyList"), "StrategyList"),
});

function optionsIn(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const known = Object.entries(value).filter(([name]) => /^(retrieval|answering)\.\w+$/.test(name));
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}

/** No strategy's name begins with a dash. */
const editRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies/-/edit",
  validateSearch: (search): EditSearch => ({
    strategy: text(search, "strategy"),
    view: oneOf(search, "view", VIEWS),
    collection: text(search, "collection"),
    q: text(search, "q"),
    document: text(search, "document"),
    options: optionsIn(search["options"]),
  }),
  component: lazyRouteComponent(() => import("./EditStrategy"), "EditStrategy"),
});

const sweepsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies/-/sweeps",
  validateSearch: (search): { start?: true | undefined } => ({ start: flag(search, "start") }),
  component: lazyRouteComponent(() => import("./sweeps/SweepList"), "SweepList"),
});

const sweepRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies/-/sweeps/$sweepId",
  validateSearch: sweepSearch,
  component: lazyRouteComponent(() => import("./sweeps/SweepPage"), "SweepPage"),
});

/** The frame of one strategy; its parts are routes of their own. */
export const strategyRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies/$name",
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import("./StrategyFrame"), "StrategyFrame"),
});

const versionRoute = createRoute({
  getParentRoute: () => strategyRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./VersionTab"), "VersionTab"),
});

const versionsRoute = createRoute({
  getParentRoute: () => strategyRoute,
  path: "/versions",
  component: lazyRouteComponent(() => import("./VersionsTab"), "VersionsTab"),
});

const compareRoute = createRoute({
  getParentRoute: () => strategyRoute,
  path: "/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("./CompareTab"), "CompareTab"),
});

const labelsRoute = createRoute({
  getParentRoute: () => strategyRoute,
  path: "/labels",
  validateSearch: movesSearch,
  component: lazyRouteComponent(() => import("./LabelsTab"), "LabelsTab"),
});

export const strategyRoutes = [
  listRoute,
  editRoute,
  sweepsRoute,
  sweepRoute,
  strategyRoute.addChildren([versionRoute, versionsRoute, compareRoute, labelsRoute]),
] as const;
