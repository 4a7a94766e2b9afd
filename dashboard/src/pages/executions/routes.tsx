import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { compareSearch, executionSearch } from "./search";

const executionsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/executions",
  validateSearch: executionSearch,
  component: lazyRouteComponent(() => import("./ExecutionsPage"), "ExecutionsPage"),
});

const compareRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/executions/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("./ComparePage"), "ComparePage"),
});

/** A short way to one execution, for links from elsewhere. */
const executionRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/executions/$executionId",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/executions", search: { open: params.executionId }, replace: true });
  },
});

export const executionRoutes = [executionsRoute, compareRoute, executionRoute] as const;
