/** What the judged comparisons ask of the engine. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../../api/client";
import { PAIR_JUDGE, scorersQuery } from "../queries";

export type Judged = Schema<"JudgedComparison">;
export type Figures = Schema<"JudgedFigures">;
export type JudgedItem = Schema<"JudgedItem">;
export type Result = JudgedItem["result"];

const PAGE = 20;
const LOOK_MS = 3_000;

export function isOn({ state }: Pick<Judged, "state">): boolean {
  return state === "queued" || state === "running";
}

/** What judges said of these two, the newest first. */
export function judgedQuery(baseline: string, candidate: string) {
  return queryOptions({
    queryKey: ["judged comparisons", "list", baseline, candidate],
    queryFn: async ({ signal }) =>
      (await call(api.GET("/api/v1/judged-comparisons", { params: { query: { baseline, candidate, limit: 20 } }, signal }))).items,
    refetchInterval: ({ state: { data } }) => (data?.some(isOn) ? LOOK_MS : false),
  });
}

export function judgedRowsQuery(id: string, result: Result) {
  return infiniteQueryOptions({
    queryKey: ["judged comparisons", "rows", id, result],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/api/v1/judged-comparisons/{comparison_id}/rows", {
          params: { path: { comparison_id: id }, query: { result, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The names of the namespace's judges of pairs. */
export function judgesQuery(namespace: string) {
  return queryOptions({
    queryKey: ["scorers", namespace, "judges of pairs"],
    queryFn: async ({ signal, client }) => {
      const names = (await client.fetchQuery(scorersQuery(namespace))).map(({ name }) => name);
      const kinds = await Promise.all(
        names.map((name) =>
          call(api.GET("/api/v1/artifacts/{kind}/{name}", { params: { path: { kind: "scorer", name }, query: { namespace } }, signal })),
        ),
      );
      return names.filter((_, at) => kinds[at]?.body.type === PAIR_JUDGE);
    },
  });
}

export function startJudging(namespace: string, body: Omit<Schema<"StartJudgedComparison">, "reuse">) {
  return call(api.POST("/api/v1/judged-comparisons", { params: { query: { namespace } }, body: { ...body, reuse: true } }));
}
