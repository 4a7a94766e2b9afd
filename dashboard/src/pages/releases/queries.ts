/** What the pages of releases ask of the engine. */
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type ReleaseRequest = Schema<"ReleaseRequest">;
export type GateEvidence = Schema<"RequestedGate">;
export type Requirement = Schema<"RequirementView">;
export type Approval = Schema<"ApprovalView">;
export type Missing = Schema<"Missing">;
export type State = ReleaseRequest["state"];

const PAGE = 50;
const EVALUATING_MS = 3_000;
/** Others approve meanwhile. */
const WAITING_MS = 10_000;

/** What is to move where. */
export interface Wanted {
  namespace: string;
  kind: string;
  name: string;
  label: string;
  version: number;
  reason: string;
}

/** What may still be released as it was asked for. */
export function isOpen({ state }: Pick<ReleaseRequest, "state">): boolean {
  return state === "evaluating" || state === "waiting" || state === "ready";
}

/** Of everything, or of one artifact. */
export function requestsQuery(namespace: string, state: "open" | "all", artifact: { kind: string; name: string } | undefined) {
  return infiniteQueryOptions({
    queryKey: ["releases", namespace, "list", state, artifact],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/release-requests", {
          params: { query: { namespace, state, kind: artifact?.kind ?? "prompt", name: artifact?.name ?? null, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: WAITING_MS,
  });
}

export function requestQuery(namespace: string, id: string) {
  return queryOptions({
    queryKey: ["releases", namespace, "one", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/release-requests/{request_id}", { params: { path: { request_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (!data || !isOpen(data) ? false : data.state === "evaluating" ? EVALUATING_MS : WAITING_MS),
  });
}

/** Ask for a release, which gathers the evidence that gates want. */
export async function requestRelease(client: QueryClient, { namespace, ...body }: Wanted): Promise<ReleaseRequest> {
  const made = await call(api.POST("/api/v1/release-requests", { params: { query: { namespace } }, body }));
  await refresh(client, namespace);
  return made;
}

export async function approve(client: QueryClient, namespace: string, id: string, isApproved: boolean, comment: string): Promise<void> {
  await call(
    api.POST("/api/v1/release-requests/{request_id}/approvals", {
      params: { path: { request_id: id } },
      body: { approve: isApproved, comment },
    }),
  );
  await refresh(client, namespace);
}

/** Move the label of any kind of artifact; `override` does it without the evidence. */
export async function release(client: QueryClient, { namespace, kind, name, label, version, reason }: Wanted, override = false): Promise<void> {
  const query = { namespace };
  const body = { version, reason, override };
  if (kind === "prompt") await call(api.PUT("/api/v1/prompts/{name}/labels/{label}", { params: { path: { name, label }, query }, body }));
  else await call(api.PUT("/api/v1/artifacts/{kind}/{name}/labels/{label}", { params: { path: { kind, name, label }, query }, body }));
  await refresh(client, namespace);
  await client.invalidateQueries({ queryKey: [`${kind}s`, namespace] });
}

async function refresh(client: QueryClient, namespace: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ["releases", namespace] }),
    client.invalidateQueries({ queryKey: ["gates", namespace] }),
  ]);
}
