import { useInfiniteQuery } from "@tanstack/react-query";
import { useNamespace } from "../../app/routes";
import { useSettled } from "../../components/useSettled";
import { promptsQuery } from "../prompts/queries";

/** The prompts that fit what is typed, and the one that is meant, once its name is complete. */
export function useKnownPrompt(name: string) {
  const namespace = useNamespace();
  const text = useSettled(name, 300);
  const { data } = useInfiniteQuery(promptsQuery({ namespace, text: text || undefined }));
  const prompts = data?.pages.flatMap((page) => page.items) ?? [];
  return { prompts, known: prompts.find((one) => one.name === name) };
}
