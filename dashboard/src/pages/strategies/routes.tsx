import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { oneOf, text } from "../../app/search";

export type PreviewName = "answer" | "chunks";

export interface EditSearch {
  /** The strategy whose next version is written: `NAME`, `NAME/3` or `NAME@label`. */
  strategy?: string | undefined;
  view?: PreviewName | undefined;
  collection?: string | undefined;
  q?: string | undefined;
  /** The document that is cut. */
  document?: string | undefined;
}

const VIEWS: readonly PreviewName[] = ["answer", "chunks"];

const listRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies",
  component: lazyRouteComponent(() => import("./StrategyList"), "StrategyList"),
});

/** No strategy's name begins with a dash. */
const editRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/strategies/-/edit",
  validateSearch: (search): EditSearch => ({
    strategy: text(search, "strategy"),
    view: oneOf(search, "view", VIEWS),
    collection: text(search, "collection"),
    q: text(search, "q"),
    document: text(search, "document"),
  }),
  component: lazyRouteComponent(() => import("./EditStrategy"), "EditStrategy"),
});

export const strategyRoutes = [listRoute, editRoute] as const;
