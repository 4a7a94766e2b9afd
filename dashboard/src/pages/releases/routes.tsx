import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { listSearch, requestSearch } from "./search";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/releases",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./RequestList"), "RequestList"),
});

const requestRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/releases/$requestId",
  validateSearch: requestSearch,
  component: lazyRouteComponent(() => import("./RequestPage"), "RequestPage"),
});

export const releaseRoutes = [listRoute, requestRoute] as const;
