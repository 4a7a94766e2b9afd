/** What the pages of gates ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type Summary = Schema<"GateSummary">;
export type Detail = Schema<"GateDetail">;
export type Requirement = Detail["requirements"][number];
export type Ledger = Schema<"LedgerView">;

const PAGE = 100;

export function gatesQuery(namespace: string) {
  return infiniteQueryOptions({
    queryKey: ["gates", namespace, "list"],
    queryFn: ({ pageParam, signal }) =>
      call(api.GET("/api/v1/gates", { params: { query: { namespace, limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** The gates that speak of one artifact, in force or not. */
export function gatesOverQuery(namespace: string, kind: string, name: string) {
  return queryOptions({
    queryKey: ["gates", namespace, "over", kind, name],
    queryFn: ({ signal }) => call(api.GET("/api/v1/gates", { params: { query: { namespace, kind, name, limit: PAGE } }, signal })),
  });
}

export function gateQuery(namespace: string, name: string) {
  return queryOptions({
    queryKey: ["gates", namespace, "one", name],
    queryFn: ({ signal }) => call(api.GET("/api/v1/gates/{name}", { params: { path: { name }, query: { namespace } }, signal })),
  });
}

/** Store the next version of a gate, which protects from now on. */
export async function setGate(client: QueryClient, namespace: string, body: Schema<"SetGate">): Promise<void> {
  await call(api.POST("/api/v1/gates", { params: { query: { namespace } }, body }));
  await client.invalidateQueries({ queryKey: ["gates", namespace] });
}
