import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { text } from "../../app/search";
import { workspaceRoute } from "../../app/routes";

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/gates",
  component: lazyRouteComponent(() => import("./GateList"), "GateList"),
});

/** No gate's name begins with a dash. `gate` is the one whose next version is written. */
const editRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/gates/-/edit",
  validateSearch: (search): { gate?: string | undefined } => ({ gate: text(search, "gate") }),
  component: lazyRouteComponent(() => import("./EditGate"), "EditGate"),
});

const gateRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/gates/$name",
  component: lazyRouteComponent(() => import("./GatePage"), "GatePage"),
});

export const gateRoutes = [listRoute, editRoute, gateRoute] as const;
