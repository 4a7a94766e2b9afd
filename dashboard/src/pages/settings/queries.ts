/** What the settings ask of the engine. */
import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type Key = Schema<"KeyOut">;
export type Principal = Schema<"PrincipalOut">;
export type Group = Schema<"GroupOut">;
export type Provider = Schema<"ProviderView">;
export type Permissions = Schema<"PermissionsOut">;
export type Role = Schema<"PrincipalIn">["role"];

const PAGE = 200;

/** Every item of a paged list: settings are short, and a half list would mislead. */
async function every<Item>(fetchPage: (cursor: string | null) => Promise<{ items: Item[]; next_cursor?: string | null }>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Item[]; next_cursor?: string | null } = await fetchPage(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return items;
}

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) =>
    every((cursor) => call(api.GET("/api/v1/keys", { params: { query: { limit: PAGE, cursor } }, signal }))),
});

export const principalsQuery = queryOptions({
  queryKey: ["principals"],
  queryFn: ({ signal }) =>
    every((cursor) => call(api.GET("/api/v1/principals", { params: { query: { limit: PAGE, cursor } }, signal }))),
});

export const groupsQuery = queryOptions({
  queryKey: ["groups"],
  queryFn: ({ signal }) =>
    every((cursor) => call(api.GET("/api/v1/groups", { params: { query: { limit: PAGE, cursor } }, signal }))),
});

/** Who belongs to a group. */
export function membersQuery(name: string) {
  return queryOptions({
    queryKey: ["groups", name, "members"],
    queryFn: ({ signal }) =>
      every((cursor) =>
        call(api.GET("/api/v1/groups/{name}/members", { params: { path: { name }, query: { limit: PAGE, cursor } }, signal })),
      ),
  });
}

export const permissionsQuery = queryOptions({
  queryKey: ["permissions"],
  queryFn: ({ signal }) => call(api.GET("/api/v1/permissions", { signal })),
  staleTime: 300_000,
});

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) =>
    every((cursor) => call(api.GET("/api/v1/providers", { params: { query: { limit: PAGE, cursor } }, signal }))),
});

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => call(api.GET("/api/v1/status", { signal })),
  refetchInterval: 10_000,
});
