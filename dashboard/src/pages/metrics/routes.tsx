import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { type MetricSearch, metricSearch } from "./search";

// Not /metrics: there the engine answers Prometheus.
const metricsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/charts",
  validateSearch: (search): MetricSearch => metricSearch(search),
  component: lazyRouteComponent(() => import("./MetricsPage"), "MetricsPage"),
});

export const metricRoutes = [metricsRoute] as const;
