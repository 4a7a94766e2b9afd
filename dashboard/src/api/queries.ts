/** The query client, and the questions that every page asks. */
import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, call } from "./client";
import { ApiProblem } from "./problem";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the engine refuses, it refuses again: only what may pass is repeated.
      retry: (failures, error) => failures < 2 && error instanceof ApiProblem && isPassing(error.status),
      refetchOnWindowFocus: false,
    },
  },
});

/** The actor of what the engine does by itself. */
export const ENGINE = "00000000-0000-0000-0000-000000000000";

function isPassing(status: number): boolean {
  return status === 502 || status === 503 || status === 429;
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => call(api.GET("/api/v1/me", { signal })),
  staleTime: 60_000,
});

export const namespacesQuery = queryOptions({
  queryKey: ["namespaces"],
  queryFn: async ({ signal }) => {
    const page = await call(api.GET("/api/v1/namespaces", { params: { query: { limit: 200 } }, signal }));
    return page.items;
  },
  staleTime: 60_000,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: async ({ signal }) => (await call(api.GET("/api/v1/models", { signal }))).items,
  staleTime: 60_000,
});

const MOST_PRINCIPALS = 1_000;

/** Names of persons and machines by id; beyond the first thousand, ids must do. */
export const principalsQuery = queryOptions({
  queryKey: ["principal names"],
  queryFn: async ({ signal }) => {
    const names = new Map<string, string>();
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor: string | null } = { limit: 200, cursor };
      const page = await call(api.GET("/api/v1/principals", { params: { query }, signal }));
      for (const item of page.items) names.set(item.id, item.name);
      cursor = page.next_cursor ?? null;
    } while (cursor !== null && names.size < MOST_PRINCIPALS);
    return names;
  },
  staleTime: 60_000,
});

/** Return whether the person who is signed in holds a scope; false until that is known. */
export function useCan(scope: string): boolean {
  return useQuery(meQuery).data?.scopes.includes(scope) ?? false;
}
