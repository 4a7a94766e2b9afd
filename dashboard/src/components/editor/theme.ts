/** How editors look: the dashboard's own colours, in both themes. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { fontSize: "0.8125rem", backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "0.625rem 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 0.75rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ink-faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-placeholder": { color: "var(--ink-faint)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "0.5rem",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-collapsedLines": {
    background: "var(--raised)",
    color: "var(--ink-muted)",
    padding: "0.25rem 0.75rem",
  },
  // What merge shows there is in few fonts.
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: '"⋯"' },
  // Merge's marks: what went and what came, by sign as well as by colour.
  ".cm-changeGutter": { width: "1.25rem", paddingLeft: "0" },
  ".cm-changeGutter .cm-gutterElement": { textAlign: "center", fontWeight: "700" },
  ".cm-changeGutter .cm-changedLineGutter, .cm-changeGutter .cm-deletedLineGutter": { background: "transparent" },
  "&.cm-merge-b .cm-changedLineGutter::before": { content: '"+"', color: "var(--good)" },
  "&.cm-merge-a .cm-changedLineGutter::before, .cm-deletedLineGutter::before": { content: '"−"', color: "var(--bad)" },
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "var(--bad-soft)" },
  "&.cm-merge-b .cm-changedLine, &.cm-merge-b .cm-inlineChangedLine": { backgroundColor: "var(--good-soft)" },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: "light-dark(#f9c8c3, #6b2521)",
  },
  "&.cm-merge-b .cm-changedText": { background: "light-dark(#bfe8d2, #1c5238)" },
  ".cm-deletedChunk": { paddingLeft: "0" },
  ".cm-deletedChunk .cm-deletedLine": { padding: "0 0.75rem" },
});

const highlight = HighlightStyle.define([
  { tag: tags.brace, color: "var(--accent-ink)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--accent-ink)" },
  { tag: tags.propertyName, color: "var(--accent-ink)" },
  { tag: tags.keyword, color: "var(--warn)" },
  { tag: tags.operator, color: "var(--good)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--ink-faint)", fontStyle: "italic" },
]);

export const editorTheme = [look, syntaxHighlighting(highlight)];
