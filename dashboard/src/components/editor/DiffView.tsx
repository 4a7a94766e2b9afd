import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { templateLanguage } from "./template";
import { editorTheme } from "./theme";

export type DiffMode = "unified" | "split";

interface DiffViewProps {
  before: string;
  after: string;
  /** How each side is called, such as "version 3". */
  beforeLabel: string;
  afterLabel: string;
  mode: DiffMode;
  /** Folds away what did not change. */
  onlyDifferences: boolean;
}

const FOLDED = { margin: 3, minSize: 6 };

/** Two texts and what changed between them, in one column or two. */
export function DiffView({ before, after, beforeLabel, afterLabel, mode, onlyDifferences }: DiffViewProps) {
  const holder = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const parent = holder.current;
    if (parent === null) return;
    const collapse = onlyDifferences ? { collapseUnchanged: FOLDED } : {};
    if (mode === "split") {
      const view = new MergeView({
        a: { doc: before, extensions: readOnly(beforeLabel) },
        b: { doc: after, extensions: readOnly(afterLabel) },
        parent,
        gutter: true,
        ...collapse,
      });
      return () => view.destroy();
    }
    const merged = unifiedMergeView({ original: before, mergeControls: false, gutter: true, ...collapse });
    const view = new EditorView({
      doc: after,
      extensions: [...readOnly(`Changes from ${beforeLabel} to ${afterLabel}`), merged],
      parent,
    });
    return () => view.destroy();
  }, [before, after, beforeLabel, afterLabel, mode, onlyDifferences]);

  return <div ref={holder} className="diff-view max-h-[70vh] overflow-auto" />;
}

function readOnly(label: string): Extension[] {
  return [
    lineNumbers(),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", "aria-readonly": "true" }),
    templateLanguage,
    editorTheme,
  ];
}
