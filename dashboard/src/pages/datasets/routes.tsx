import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { datasetSearch, listSearch } from "./search";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/datasets",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./DatasetList"), "DatasetList"),
});

const datasetRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/datasets/$name",
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import("./DatasetPage"), "DatasetPage"),
});

export const datasetRoutes = [listRoute, datasetRoute] as const;
