/** The routes around every page: the root, signing in, and the workspace that pages are children of. */
import { createRootRoute, createRoute, Outlet, redirect, retainSearchParams } from "@tanstack/react-router";
import { isSignedIn } from "../api/session";
import { LiveRegion } from "../components/Live";
import { NotFound, PageFailed } from "./Failures";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";
import { ownPath, text } from "./search";

export const rootRoute = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <LiveRegion />
    </>
  ),
  notFoundComponent: NotFound,
  errorComponent: PageFailed,
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search): { next?: string | undefined } => ({ next: ownPath(search, "next") }),
  component: SignIn,
});

/** The parent of every page: asks for a session, and keeps the namespace in the URL from page to page. */
export const workspaceRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "workspace",
  validateSearch: (search): { namespace?: string | undefined } => {
    const namespace = text(search, "namespace");
    return { namespace: namespace === DEFAULT_NAMESPACE ? undefined : namespace };
  },
  search: { middlewares: [retainSearchParams(["namespace"])] },
  beforeLoad: ({ location }) => {
    if (!isSignedIn()) throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: Shell,
});

export const DEFAULT_NAMESPACE = "default";

/** The namespace that the URL names. */
export function useNamespace(): string {
  return workspaceRoute.useSearch().namespace ?? DEFAULT_NAMESPACE;
}

export const homeRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/prompts" });
  },
});
