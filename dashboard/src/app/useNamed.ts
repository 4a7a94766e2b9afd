import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { api, call } from "../api/client";
import { useCan } from "../api/queries";
import { useSettled } from "../components/useSettled";
import { collectionsQuery } from "../pages/documents/queries";
import { useNamespace } from "./routes";

const MOST = 6;

function promptNamesQuery(namespace: string, text: string) {
  return queryOptions({
    queryKey: ["prompts", namespace, "names", text],
    queryFn: async ({ signal }) => {
      const query = { namespace, text, limit: MOST };
      return (await call(api.GET("/api/v1/prompts", { params: { query }, signal }))).items.map((item) => item.name);
    },
    placeholderData: keepPreviousData,
  });
}

/** Names of prompts and collections that hold what is typed, a few of each; `isSettled` once no more will come. */
export function useNamed(typed: string): { prompts: string[]; collections: string[]; isSettled: boolean } {
  const namespace = useNamespace();
  const wanted = typed.trim().toLowerCase();
  const text = useSettled(wanted);
  const isAsked = text !== "" && wanted !== "";
  const prompts = useQuery({ ...promptNamesQuery(namespace, text), enabled: useCan("prompts:read") && isAsked });
  const collections = useQuery({ ...collectionsQuery(namespace), enabled: useCan("documents:read") && isAsked });
  const holding = (names: string[] = []) => (isAsked ? names.filter((name) => name.toLowerCase().includes(wanted)).slice(0, MOST) : []);
  return {
    prompts: holding(prompts.data),
    collections: holding(collections.data?.map((one) => one.name)),
    isSettled: text === wanted && !prompts.isFetching && !collections.isFetching,
  };
}
