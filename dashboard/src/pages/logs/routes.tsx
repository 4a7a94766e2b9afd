import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { type LogSearch, logSearch } from "./search";

const logsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/logs",
  validateSearch: (search): LogSearch => logSearch(search),
  component: lazyRouteComponent(() => import("./LogsPage"), "LogsPage"),
});

export const logRoutes = [logsRoute] as const;
