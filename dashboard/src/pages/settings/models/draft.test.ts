import { expect, it } from "vitest";
import { modelNames, providerOf } from "./draft";

it("takes models by line, comma or space, each once", () => {
  expect(modelNames(" small\nlarge, small\n\n org/model:7b ")).toEqual(["small", "large", "org/model:7b"]);
});

it("sends no empty credential", () => {
  const draft = { name: " lab ", baseUrl: " http://x/v1 ", credential: " ", models: "", schemaStyle: "json_schema", tokensField: "max_tokens" } as const;
  expect(providerOf(draft)).toMatchObject({ name: "lab", base_url: "http://x/v1", credential: null, models: [] });
});
