/** What the URLs of the prompt pages hold. */
import { text, uuid } from "../../app/search";
import { isObject, type Values } from "../../components/schema/fields";

type Search = Record<string, unknown>;

export interface ListSearch {
  q?: string | undefined;
  tag?: string | undefined;
  label?: string | undefined;
}

export function listSearch(search: Search): ListSearch {
  return { q: text(search, "q"), tag: text(search, "tag"), label: text(search, "label") };
}

export interface RunSearch {
  variables?: Values | undefined;
  model?: string | undefined;
  parameters?: Values | undefined;
  /** The run whose answer is shown. */
  execution?: string | undefined;
}

export function runSearch(search: Search): RunSearch {
  return {
    variables: members(search, "variables"),
    model: text(search, "model"),
    parameters: members(search, "parameters"),
    execution: uuid(search, "execution"),
  };
}

function members(search: Search, name: string): Values | undefined {
  const value = search[name];
  return isObject(value) && Object.keys(value).length > 0 ? value : undefined;
}
