import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { labellingSearch } from "./search";

const labellingRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/evaluations/$evaluationId/labelling",
  validateSearch: labellingSearch,
  component: lazyRouteComponent(() => import("./LabellingPage"), "LabellingPage"),
});

export const labellingRoutes = [labellingRoute] as const;
