import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { type Draft, EMPTY_DRAFT } from "./draft";
import { changed } from "./search";

const route = getRouteApi("/workspace/experiments/-/new");
const TYPING_MS = 350;

/**
 * The draft that is typed, which the URL takes up when the typing pauses. The last function keeps what was typed just
 * now out of the URL: written while the page is being left, it would bring the form back.
 */
export function useDraft(): [Draft, (changes: Partial<Draft>) => void, () => void] {
  const { draft: kept } = route.useSearch();
  const navigate = route.useNavigate();
  const [draft, setDraft] = useState<Draft>({ ...EMPTY_DRAFT, ...kept });
  const written = useRef(JSON.stringify(kept));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const fromUrl = JSON.stringify(kept);
  // Back and forth in the history bring other drafts; what this form wrote itself is no news to it.
  useEffect(() => {
    if (fromUrl === written.current) return;
    written.current = fromUrl;
    setDraft({ ...EMPTY_DRAFT, ...(fromUrl ? (JSON.parse(fromUrl) as Partial<Draft>) : {}) });
  }, [fromUrl]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function change(changes: Partial<Draft>) {
    const next = { ...draft, ...changes };
    setDraft(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const rest = changed(next);
      written.current = JSON.stringify(rest);
      void navigate({ search: (old) => ({ ...old, draft: rest }), replace: true, resetScroll: false });
    }, TYPING_MS);
  }
  return [draft, change, () => clearTimeout(timer.current)];
}
