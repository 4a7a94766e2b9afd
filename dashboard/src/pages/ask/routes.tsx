import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { oneOf, text, whole } from "../../app/search";
import type { View } from "../documents/viewer/DocumentViewer";

export interface AskSearch {
  collection?: string | undefined;
  /** A question to begin with. */
  q?: string | undefined;
  strategy?: string | undefined;
  /** The run whose answer is shown. */
  execution?: string | undefined;
  /** The citation that is open beside the answer, from 1. */
  cite?: number | undefined;
  /** Or the passage, from 1. */
  passage?: number | undefined;
  /** A passage that was expected in the answer, to be explained: a document with words or a place in it. */
  expected?: string | undefined;
  words?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  view?: View | undefined;
}

const VIEWS: readonly View[] = ["pages", "text"];

const askRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/ask",
  validateSearch: (search): AskSearch => ({
    collection: text(search, "collection"),
    q: text(search, "q"),
    strategy: text(search, "strategy"),
    execution: text(search, "execution"),
    cite: whole(search, "cite"),
    passage: whole(search, "passage"),
    expected: text(search, "expected"),
    words: text(search, "words"),
    from: whole(search, "from", 0),
    to: whole(search, "to"),
    view: oneOf(search, "view", VIEWS),
  }),
  component: lazyRouteComponent(() => import("./AskPage"), "AskPage"),
});

export const askRoutes = [askRoute] as const;
