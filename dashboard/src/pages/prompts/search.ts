/** What the URLs of the prompt pages hold. */
import { flag, oneOf, text, uuid } from "../../app/search";
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

/** `version` is a number or a label, on every tab of a prompt; left out, it is the latest. */
export function promptSearch(search: Search): { version?: string | undefined } {
  return { version: text(search, "version") };
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

export interface CompareSearch {
  /** The older side, a number or a label. */
  from?: string | undefined;
  to?: string | undefined;
  view?: "split" | undefined;
  /** Shows what did not change, too. */
  all?: true | undefined;
}

export function compareSearch(search: Search): CompareSearch {
  return {
    from: text(search, "from"),
    to: text(search, "to"),
    view: oneOf(search, "view", ["split"]),
    all: flag(search, "all"),
  };
}

export function movesSearch(search: Search): { label?: string | undefined } {
  return { label: text(search, "label") };
}

function members(search: Search, name: string): Values | undefined {
  const value = search[name];
  return isObject(value) && Object.keys(value).length > 0 ? value : undefined;
}
