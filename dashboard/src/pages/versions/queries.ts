/** What is asked of versions and labels: prompts have an API of their own, which their scopes open. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";
import { type Artifact, keyOf } from "./artifact";

export type Move = Schema<"LabelMoveView">;
export type Version = Schema<"PromptVersion">;

/** What both kinds of comparison say. */
export type Diff = Pick<Schema<"ArtifactDiff">, "identical" | "settings"> & Partial<Pick<Schema<"PromptDiff">, "frozen_changed">>;

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null | undefined;
}

const PAGE = 100;

export function versionsQuery(artifact: Artifact) {
  const { kind, namespace, name } = artifact;
  return infiniteQueryOptions({
    queryKey: [...keyOf(artifact), "versions", name],
    queryFn: ({ pageParam, signal }): Promise<Page<Version>> => {
      const query = { namespace, limit: PAGE, cursor: pageParam };
      return kind === "prompt"
        ? call(api.GET("/api/v1/prompts/{name}/versions", { params: { path: { name }, query }, signal }))
        : call(api.GET("/api/v1/artifacts/{kind}/{name}/versions", { params: { path: { kind, name }, query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function movesQuery(artifact: Artifact, label: string | undefined) {
  const { kind, namespace, name } = artifact;
  return infiniteQueryOptions({
    queryKey: [...keyOf(artifact), "moves", name, label],
    queryFn: ({ pageParam, signal }): Promise<Page<Move>> => {
      const query = { namespace, label: label ?? null, limit: PAGE, cursor: pageParam };
      return kind === "prompt"
        ? call(api.GET("/api/v1/prompts/{name}/labels/history", { params: { path: { name }, query }, signal }))
        : call(api.GET("/api/v1/artifacts/{kind}/{name}/label-history", { params: { path: { kind, name }, query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function diffQuery(artifact: Artifact, from: string, to: string) {
  const { kind, namespace, name } = artifact;
  return queryOptions({
    queryKey: [...keyOf(artifact), "diff", name, from, to],
    queryFn: ({ signal }): Promise<Diff> => {
      const query = { namespace, from, to };
      return kind === "prompt"
        ? call(api.GET("/api/v1/prompts/{name}/diff", { params: { path: { name }, query }, signal }))
        : call(api.GET("/api/v1/artifacts/{kind}/{name}/diff", { params: { path: { kind, name }, query }, signal }));
    },
  });
}
