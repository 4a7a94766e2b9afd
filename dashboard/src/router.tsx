import { createRouter } from "@tanstack/react-router";
import { homeRoute, rootRoute, signInRoute, workspaceRoute } from "./app/routes";
import { NotFound, PageFailed } from "./app/Failures";
import { writeSearch } from "./app/search";
import { Skeleton } from "./components/States";
import { askRoutes } from "./pages/ask/routes";
import { documentRoutes } from "./pages/documents/routes";
import { auditRoutes } from "./pages/audit/routes";
import { datasetRoutes } from "./pages/datasets/routes";
import { evaluationRoutes } from "./pages/evaluations/routes";
import { executionRoutes } from "./pages/executions/routes";
import { experimentRoutes } from "./pages/experiments/routes";
import { gateRoutes } from "./pages/gates/routes";
import { labellingRoutes } from "./pages/labelling/routes";
import { logRoutes } from "./pages/logs/routes";
import { metricRoutes } from "./pages/metrics/routes";
import { releaseRoutes } from "./pages/releases/routes";
import { settingRoutes } from "./pages/settings/routes";
import { promptRoutes } from "./pages/prompts/routes";
import { strategyRoutes } from "./pages/strategies/routes";

const routeTree = rootRoute.addChildren([
  signInRoute,
  workspaceRoute.addChildren([
    homeRoute,
    ...promptRoutes,
    ...datasetRoutes,
    ...evaluationRoutes,
    ...executionRoutes,
    ...experimentRoutes,
    ...labellingRoutes,
    ...releaseRoutes,
    ...gateRoutes,
    ...auditRoutes,
    ...documentRoutes,
    ...askRoutes,
    ...strategyRoutes,
    ...logRoutes,
    ...metricRoutes,
    ...settingRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  // What no route reads is not passed on: a value that a route's reader refused must not come back raw.
  search: { strict: true },
  stringifySearch: writeSearch,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageFailed,
  defaultPendingComponent: () => (
    <div className="mx-auto max-w-6xl px-4 py-7 md:px-8">
      <Skeleton lines={6} />
    </div>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
