/** Where an execution came from, so that it can be run again. */
import type { Detail } from "./queries";

/** Return the name by which a run asks for a model; one of the engine itself is `local`, whatever its weights are called. */
export function modelReference({ provider, model }: NonNullable<Detail["model"]>): string {
  return provider === "local" ? provider : `${provider}/${model}`;
}

/** Return the prompt's run page with this run's version, variables and model; null where no prompt ran or its inputs are erased. */
export function rerunSearch(execution: Detail) {
  const { artifact, inputs, model } = execution;
  if (artifact?.kind !== "prompt" || inputs.state !== "present") return null;
  const variables = (inputs.value as { variables?: Record<string, unknown> } | null)?.variables;
  return {
    params: { name: artifact.name },
    search: {
      namespace: artifact.namespace,
      version: String(artifact.number),
      variables,
      ...(model && model.provider !== "local" ? { model: modelReference(model) } : {}),
    },
  };
}
