import { ChevronLeft, ChevronRight, ZoomIn, ZoomOut } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { IconButton } from "../../../components/Button";
import { ZOOMS, zoomed } from "./zoom";

interface PageBarProps {
  page: number;
  pages: number;
  onPage: (page: number) => void;
  zoom: number;
  onZoom: (zoom: number) => void;
}

/** Goes from page to page, and makes them larger or smaller. */
export function PageBar({ page, pages, onPage, zoom, onZoom }: PageBarProps) {
  const [typed, setTyped] = useState(String(page));
  useEffect(() => setTyped(String(page)), [page]);

  function go(event: FormEvent) {
    event.preventDefault();
    const number = Number(typed);
    // Leaving the field untouched is no wish.
    if (number === page && event.type === "blur") return;
    if (Number.isInteger(number) && number >= 1 && number <= pages) onPage(number);
    else setTyped(String(page));
  }

  return (
    <div className="flex grow flex-wrap items-center gap-1">
      <IconButton icon={ChevronLeft} label="Page before" disabled={page <= 1} onClick={() => onPage(page - 1)} />
      <form onSubmit={go} className="flex items-center gap-1 text-xs text-muted">
        <input
          aria-label={`Page, of ${pages}`}
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={go}
          className="h-7 w-11 rounded-md border border-line-strong bg-surface text-center text-sm text-ink"
        />
        <span aria-hidden>of {pages}</span>
      </form>
      <IconButton icon={ChevronRight} label="Next page" disabled={page >= pages} onClick={() => onPage(page + 1)} />
      <span className="grow" />
      <IconButton icon={ZoomOut} label="Smaller" disabled={zoom <= (ZOOMS[0] ?? 1)} onClick={() => onZoom(zoomed(zoom, -1))} />
      <span className="w-10 text-center text-xs text-muted" aria-live="polite">
        {Math.round(zoom * 100)} %
      </span>
      <IconButton icon={ZoomIn} label="Larger" disabled={zoom >= (ZOOMS.at(-1) ?? 1)} onClick={() => onZoom(zoomed(zoom, 1))} />
    </div>
  );
}
