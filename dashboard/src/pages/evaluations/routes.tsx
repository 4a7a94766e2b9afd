import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { compareSearch, evaluationSearch, listSearch } from "./search";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/evaluations",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./EvaluationList"), "EvaluationList"),
});

const compareRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/evaluations/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("./compare/ComparePage"), "ComparePage"),
});

const evaluationRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/evaluations/$evaluationId",
  validateSearch: evaluationSearch,
  component: lazyRouteComponent(() => import("./EvaluationPage"), "EvaluationPage"),
});

export const evaluationRoutes = [listRoute, compareRoute, evaluationRoute] as const;
