/** The template language of prompts, for highlighting and completion: a small part of Jinja. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { StreamLanguage, type StringStream } from "@codemirror/language";

export const FILTERS = ["upper", "lower", "capitalize", "trim", "join", "length", "default", "items", "tojson"];
export const TAGS = ["if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"];
const WORDS = new Set([...TAGS, "in", "and", "or", "not", "is", "true", "false", "none"]);

interface State {
  /** What ends the tag that the stream is in; null in plain text. */
  end: "}}" | "%}" | "#}" | null;
}

export const templateLanguage = StreamLanguage.define<State>({
  name: "prompt template",
  startState: () => ({ end: null }),
  copyState: (state) => ({ ...state }),
  token: (stream, state) => (state.end === null ? inText(stream, state) : inTag(stream, state, state.end)),
});

function inText(stream: StringStream, state: State): string | null {
  const opened = stream.match(/^\{(\{|%|#)[-+]?/) as RegExpMatchArray | null;
  if (opened) {
    state.end = opened[1] === "{" ? "}}" : opened[1] === "%" ? "%}" : "#}";
    return opened[1] === "#" ? "comment" : "brace";
  }
  stream.next();
  stream.match(/^[^{]+/);
  return null;
}

function inTag(stream: StringStream, state: State, end: NonNullable<State["end"]>): string | null {
  if (stream.match(end) || stream.match(`-${end}`)) {
    state.end = null;
    return end === "#}" ? "comment" : "brace";
  }
  if (end === "#}") {
    stream.next();
    return "comment";
  }
  if (stream.eatSpace()) return null;
  if (stream.match(/^"(?:[^"\\]|\\.)*"/) || stream.match(/^'(?:[^'\\]|\\.)*'/)) return "string";
  if (stream.match(/^\d+(\.\d+)?/)) return "number";
  if (stream.match(/^\|\s*[A-Za-z_]+/)) return "operator";
  if (stream.match(/^\.[A-Za-z_]\w*/)) return "propertyName";
  const word = stream.match(/^[A-Za-z_]\w*/) as RegExpMatchArray | null;
  if (word) return WORDS.has(word[0]) ? "keyword" : "variableName";
  stream.next();
  return null;
}

/** Return what can stand at the cursor inside a tag: variables, and filters after a bar. */
export function completeTemplate(variables: () => readonly string[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const kind = placeIn(before);
    if (kind === null) return null;
    const word = /[A-Za-z_]\w*$/.exec(before)?.[0] ?? "";
    if (word === "" && !context.explicit && kind !== "filter") return null;
    return { from: context.pos - word.length, options: optionsFor(kind, variables()), validFor: /^\w*$/ };
  };
}

/** Return what the end of `before` is waiting for; null outside of tags. */
export function placeIn(before: string): "expression" | "filter" | "tag" | null {
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  const closed = Math.max(before.lastIndexOf("}}"), before.lastIndexOf("%}"));
  if (opened < 0 || closed > opened) return null;
  const inside = before.slice(opened);
  if (/\|\s*\w*$/.test(inside)) return "filter";
  if (/^\{%[-+]?\s*\w*$/.test(inside)) return "tag";
  return /\.\w*$/.test(inside) ? null : "expression";
}

function optionsFor(kind: "expression" | "filter" | "tag", variables: readonly string[]): Completion[] {
  if (kind === "filter") return FILTERS.map((label) => ({ label, type: "function" }));
  if (kind === "tag") return TAGS.map((label) => ({ label, type: "keyword" }));
  return variables.map((label) => ({ label, type: "variable" }));
}
