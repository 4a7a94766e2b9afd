import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder as shownWhenEmpty } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { classes } from "../classes";
import { completeTemplate, templateLanguage } from "./template";
import { editorTheme } from "./theme";

/** Something wrong at a place; both count from 1, columns in characters. */
export interface Mark {
  line: number;
  column: number;
  message: string;
}

interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  label: string;
  language: "template" | "json";
  readOnly?: boolean;
  marks?: readonly Mark[];
  /** Names that completion offers inside a template's tags. */
  variables?: readonly string[];
  placeholder?: string;
  className?: string;
  invalid?: boolean;
}

const NO_MARKS: readonly Mark[] = [];

/** An editor of one text. Tab leaves it, as it leaves any field. */
export function CodeEditor(props: CodeEditorProps) {
  const { value, label, language, readOnly = false, marks = NO_MARKS, placeholder = "", className, invalid = false } = props;
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const extensions: Extension[] = [
      lineNumbers(),
      history(),
      closeBrackets(),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true" }),
      EditorState.readOnly.of(readOnly),
      shownWhenEmpty(placeholder),
      language === "json" ? json() : templateLanguage,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
      }),
      editorTheme,
    ];
    if (language === "template") {
      extensions.push(autocompletion({ override: [completeTemplate(() => latest.current.variables ?? [])], icons: false }));
    }
    const made = new EditorView({ doc: latest.current.value, extensions, ...(holder.current ? { parent: holder.current } : {}) });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [label, language, readOnly, placeholder]);

  useEffect(() => {
    const editor = view.current;
    const shown = editor?.state.doc.toString();
    if (editor && shown !== value) editor.dispatch({ changes: { from: 0, to: shown?.length ?? 0, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marks.map((mark) => diagnosticOf(editor.state, mark))));
  }, [marks, value]);

  return (
    <div
      ref={holder}
      className={classes(
        "overflow-hidden rounded-md border bg-surface focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-accent-ink",
        invalid || marks.length > 0 ? "border-bad" : "border-line-strong",
        className,
      )}
    />
  );
}

function diagnosticOf(state: EditorState, mark: Mark): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, mark.line), state.doc.lines));
  // The engine counts characters, the editor UTF-16 units.
  const before = [...line.text].slice(0, mark.column - 1).join("");
  const from = Math.min(line.from + before.length, line.to);
  const to = Math.min(line.to, from + Math.max(1, /^\S+/.exec(line.text.slice(from - line.from))?.[0].length ?? 1));
  return { from, to: Math.max(from, to), severity: "error", message: mark.message };
}
