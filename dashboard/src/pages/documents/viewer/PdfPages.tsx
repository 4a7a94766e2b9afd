import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Schema } from "../../../api/client";
import { type Span } from "./codepoints";
import { PageImage } from "./PageImage";
import { type Place, highlightsQuery } from "./queries";
import { imageWidth } from "./zoom";

const GAP = 12;
const MARGIN = 12;
const WIDEST = 980;

interface PdfPagesProps {
  place: Place;
  name: string;
  pages: readonly Schema<"DocumentPage">[];
  span: Span | undefined;
  zoom: number;
  /** The page to show; scrolls there when it or the span changes. */
  page: number;
  /** Called with the page that stands in the middle while somebody scrolls. */
  onPage: (page: number) => void;
}

/** The pages of a PDF below each other; only those in sight are drawn. */
export function PdfPages({ place, name, pages, span, zoom, page, onPage }: PdfPagesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const available = useWidth(scroller);
  const width = Math.max(120, Math.min(available - 2 * MARGIN, WIDEST) * zoom);
  const highlights = useQuery(highlightsQuery(place, span)).data;
  const tops = topsOf(pages, width);
  const total = tops[pages.length] ?? 0;
  const virtualizer = useVirtualizer({
    count: pages.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (tops[index + 1] ?? 0) - (tops[index] ?? 0),
    paddingStart: MARGIN,
    overscan: 1,
    enabled: available > 0,
  });

  useEffect(() => virtualizer.measure(), [virtualizer, width]);
  const keepPlace = useKeptPlace(scroller, width);
  // Until somebody scrolls or zooms, what was asked for stays in sight while the column around it settles.
  const isTheirs = useRef(false);
  const asked = `${place.documentId}/${place.number}/${page}/${span?.start}`;
  useEffect(() => {
    isTheirs.current = false;
  }, [asked]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null || available === 0 || isTheirs.current) return;
    const marked = highlights?.find((one) => one.page === page && one.rectangles.length > 0);
    const top = tops[page - 1] ?? 0;
    const height = (tops[page] ?? top) - top - GAP;
    // What is highlighted stands a third of the way down.
    const first = marked && Math.min(...marked.rectangles.map((rectangle) => rectangle.top));
    box.scrollTop = first === undefined ? top - MARGIN : top + first * height - box.clientHeight / 3;
    keepPlace();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- zooming and scrolling must not jump back
  }, [asked, highlights, available]);

  function reportPage() {
    const box = scroller.current;
    if (box === null) return;
    keepPlace();
    const middle = box.scrollTop + box.clientHeight / 2;
    const shown = tops.findLastIndex((top) => top <= middle);
    if (shown >= 0) onPage(Math.min(shown + 1, pages.length));
  }

  return (
    <div
      ref={scroller}
      role="region"
      aria-label={`Pages of ${name}`}
      tabIndex={0}
      onScroll={reportPage}
      onWheel={() => (isTheirs.current = true)}
      onPointerDown={() => (isTheirs.current = true)}
      onKeyDown={() => (isTheirs.current = true)}
      className="min-h-0 grow overflow-auto bg-raised [overflow-anchor:none]"
    >
      <div className="relative mx-auto" style={{ height: total, width: width + 2 * MARGIN }}>
        {virtualizer.getVirtualItems().map((item) => {
          const shown = pages[item.index];
          if (shown === undefined) return null;
          return (
            <div
              key={item.key}
              className="absolute"
              style={{ left: MARGIN, width, top: item.start, height: item.size - GAP }}
            >
              <PageImage
                place={place}
                page={shown}
                width={imageWidth(width, window.devicePixelRatio)}
                label={`Page ${shown.number} of ${pages.length}`}
                rectangles={highlights?.find((one) => one.page === shown.number)?.rectangles ?? []}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Return where each page begins, and where the last one ends, in pixels from the top. */
function topsOf(pages: readonly Schema<"DocumentPage">[], width: number): number[] {
  const tops = [MARGIN];
  for (const { height, width: own } of pages) tops.push((tops.at(-1) ?? 0) + (width * height) / own + GAP);
  return tops;
}

/**
 * Keep what is in sight when pages become larger or smaller; call what is returned after each scroll.
 * The place is remembered in widths: by the time pages have shrunk, the browser has cut `scrollTop` to what is left.
 */
function useKeptPlace(box: React.RefObject<HTMLElement | null>, width: number): () => void {
  const kept = useRef(0);
  // Of the pages as they lie there: a scroll may be told of by an earlier drawing, which knew another width.
  const laid = useRef(width);
  useLayoutEffect(() => {
    laid.current = width;
    if (box.current !== null) box.current.scrollTop = kept.current * width;
  }, [box, width]);
  return () => {
    if (box.current !== null) kept.current = box.current.scrollTop / laid.current;
  };
}

function useWidth(box: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
