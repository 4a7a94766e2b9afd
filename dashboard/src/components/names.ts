const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Whether the engine takes it as a name of a prompt, a collection, a dataset and so on. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What names are made of, as a hint. */
export const NAME_HINT = "Letters, digits, dots, dashes and underscores; a letter or digit first.";
