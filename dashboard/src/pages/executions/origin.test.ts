import { describe, expect, it } from "vitest";
import { rerunSearch } from "./origin";
import type { Detail } from "./queries";

const RUN = {
  artifact: { kind: "prompt", name: "greet", namespace: "shop", number: 3 },
  inputs: { state: "present", commitment: null, value: { variables: { name: "Ada" } } },
  model: { provider: "local", model: "m" },
} as unknown as Detail;

describe("rerunSearch", () => {
  it("repeats version, variables, and a model that is not the engine's own", () => {
    expect(rerunSearch(RUN)).toEqual({
      params: { name: "greet" }, search: { namespace: "shop", version: "3", variables: { name: "Ada" } },
    });
    const remote = { ...RUN, model: { ...RUN.model, provider: "house", model: "gpt" } } as Detail;
    expect(rerunSearch(remote)?.search.model).toBe("house/gpt");
  });

  it("is not possible without a prompt or its inputs", () => {
    expect(rerunSearch({ ...RUN, artifact: null })).toBeNull();
    expect(rerunSearch({ ...RUN, inputs: { state: "erased", commitment: "c", value: null } })).toBeNull();
  });
});
