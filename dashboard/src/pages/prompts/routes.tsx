import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { compareSearch, movesSearch, versionSearch } from "../versions/search";
import { listSearch, runSearch } from "./search";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/prompts",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./PromptList"), "PromptList"),
});

/** No prompt's name begins with a dash. */
const newRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/prompts/-/new",
  component: lazyRouteComponent(() => import("./Editor"), "NewPrompt"),
});

const editRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/prompts/$name/edit",
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import("./Editor"), "EditPrompt"),
});

/** The frame of one prompt; its tabs are routes of their own. */
export const promptRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/prompts/$name",
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import("./PromptFrame"), "PromptFrame"),
});

const versionRoute = createRoute({
  getParentRoute: () => promptRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./VersionTab"), "VersionTab"),
});

const runRoute = createRoute({
  getParentRoute: () => promptRoute,
  path: "/run",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("./RunTab"), "RunTab"),
});

const versionsRoute = createRoute({
  getParentRoute: () => promptRoute,
  path: "/versions",
  component: lazyRouteComponent(() => import("./VersionsTab"), "VersionsTab"),
});

const compareRoute = createRoute({
  getParentRoute: () => promptRoute,
  path: "/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("./CompareTab"), "CompareTab"),
});

const labelsRoute = createRoute({
  getParentRoute: () => promptRoute,
  path: "/labels",
  validateSearch: movesSearch,
  component: lazyRouteComponent(() => import("./LabelsTab"), "LabelsTab"),
});

export const promptRoutes = [
  listRoute,
  newRoute,
  editRoute,
  promptRoute.addChildren([versionRoute, runRoute, versionsRoute, compareRoute, labelsRoute]),
] as const;
