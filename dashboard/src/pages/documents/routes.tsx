import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { flag, oneOf, text, uuid, whole } from "../../app/search";
import { type Doubt, DOUBTS } from "./doubts/queries";
import { QUESTION_STATES, type QuestionState } from "./drafting/queries";
import { FINDINGS, type Finding, STANDINGS, type Standing } from "./found";
import { type IndexingState, STATES } from "./queries";
import type { View } from "./viewer/DocumentViewer";

export type Aside = "sources" | "doubts" | "drafting";

const ASIDES: readonly Aside[] = ["sources", "doubts", "drafting"];

/** A place in a document: its version, and what is highlighted or which page is shown. */
export interface PlaceSearch {
  version?: number | undefined;
  page?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
  view?: View | undefined;
}

export interface CollectionSearch extends PlaceSearch {
  /** The documents themselves, where they come from, the answers from them that wait for a person's word, or questions about them. */
  tab?: Aside | undefined;
  /** The source that is open beside the list: its id, or "new" for the form that makes one. */
  source?: string | undefined;
  /** The open source is being edited. */
  edit?: true | undefined;
  /** Answers in doubt: why, those with a label, and the one that is open. */
  doubt?: Doubt | undefined;
  labelled?: true | undefined;
  answer?: string | undefined;
  /** Drafted questions: the draft, the state of those that are listed, and the position of the open one. */
  draft?: string | undefined;
  questions?: QuestionState | undefined;
  question?: number | undefined;
  /** Searched for in the passages. */
  q?: string | undefined;
  /** In the names of the documents. */
  name?: string | undefined;
  state?: IndexingState | undefined;
  removed?: true | undefined;
  /** The document that is open beside the list. */
  document?: string | undefined;
  /** Which list of what the engine found is open. */
  show?: Finding | undefined;
  /** Of the answers in it. */
  standing?: Standing | undefined;
}

const VIEWS: readonly View[] = ["pages", "text"];

function placeOf(search: Record<string, unknown>): PlaceSearch {
  return {
    version: whole(search, "version"),
    page: whole(search, "page"),
    start: whole(search, "start", 0),
    end: whole(search, "end", 0),
    view: oneOf(search, "view", VIEWS),
  };
}

const collectionsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/documents",
  component: lazyRouteComponent(() => import("./CollectionList"), "CollectionList"),
});

const collectionRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/documents/$collection",
  validateSearch: (search): CollectionSearch => ({
    tab: oneOf(search, "tab", ASIDES),
    doubt: oneOf(search, "doubt", DOUBTS),
    labelled: flag(search, "labelled"),
    answer: uuid(search, "answer"),
    draft: uuid(search, "draft"),
    questions: oneOf(search, "questions", QUESTION_STATES),
    question: whole(search, "question"),
    source: oneOf(search, "source", ["new"]) ?? uuid(search, "source"),
    edit: flag(search, "edit"),
    q: text(search, "q"),
    name: text(search, "name"),
    state: oneOf(search, "state", STATES),
    removed: flag(search, "removed"),
    document: text(search, "document"),
    show: oneOf(search, "show", FINDINGS),
    standing: oneOf(search, "standing", STANDINGS),
    ...placeOf(search),
  }),
  component: lazyRouteComponent(() => import("./CollectionPage"), "CollectionPage"),
});

const documentRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/documents/$collection/$documentId",
  validateSearch: (search): PlaceSearch => placeOf(search),
  component: lazyRouteComponent(() => import("./DocumentPage"), "DocumentPage"),
});

/** Two documents, by their ids. */
const compareRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/documents/$collection/compare",
  validateSearch: (search) => ({ left: uuid(search, "left"), right: uuid(search, "right") }),
  component: lazyRouteComponent(() => import("./SideBySide"), "SideBySide"),
});

export const documentRoutes = [collectionsRoute, collectionRoute, documentRoute, compareRoute] as const;
