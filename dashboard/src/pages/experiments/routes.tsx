import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { experimentSearch, listSearch, newSearch } from "./search";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/experiments",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./ExperimentList"), "ExperimentList"),
});

/** No experiment's name begins with a dash. */
const newRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/experiments/-/new",
  validateSearch: newSearch,
  component: lazyRouteComponent(() => import("./NewExperiment"), "NewExperiment"),
});

const experimentRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/experiments/$name",
  validateSearch: experimentSearch,
  component: lazyRouteComponent(() => import("./ExperimentPage"), "ExperimentPage"),
});

export const experimentRoutes = [listRoute, newRoute, experimentRoute] as const;
