import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { text } from "../../app/search";
import { workspaceRoute } from "../../app/routes";

const promptListRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/prompts",
  validateSearch: (search): { q?: string; tag?: string } => ({ q: text(search, "q"), tag: text(search, "tag") }),
  component: lazyRouteComponent(() => import("./PromptList"), "PromptList"),
});

export const promptRoutes = [promptListRoute] as const;
