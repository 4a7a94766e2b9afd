import { useQuery } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Schema } from "../../../api/client";
import { type Span } from "./codepoints";
import { PageImage } from "./PageImage";
import { acrossOf, pagesInSight, placeOf, topsOf } from "./places";
import { type Place, highlightsQuery } from "./queries";
import { imageWidth } from "./zoom";

const MARGIN = 12;
const WIDEST = 980;

interface PdfPagesProps {
  place: Place;
  name: string;
  pages: readonly Schema<"DocumentPage">[];
  span: Span | undefined;
  zoom: number;
  /** The page to show; another object, also of the same page, scrolls there again. */
  target: { page: number };
  /** Called with the page that stands in the middle while somebody scrolls. */
  onPage: (page: number) => void;
}

/**
 * The pages of a PDF or a scan below each other; only those in sight are drawn.
 *
 * What was asked for stays in sight until somebody scrolls, however its parts arrive and the column around it settles;
 * after that, what is in sight stays when pages become larger or smaller.
 */
export function PdfPages({ place, name, pages, span, zoom, target, onPage }: PdfPagesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const width = Math.max(120, Math.min(size.width - 2 * MARGIN, WIDEST) * zoom);
  const highlights = useQuery(highlightsQuery(place, span)).data;
  const tops = topsOf(pages, width);
  const [top, setTop] = useState(0);
  // Where somebody has scrolled to, in widths of a page: by the time pages have shrunk, the browser has cut `scrollTop`.
  const left = useRef<{ target: object; at: number; across: number }>(undefined);
  // Where the box was put: a scroll event that finds it elsewhere comes from somebody's hand.
  const put = useRef({ top: 0, across: 0 });

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null || size.width === 0) return;
    const rectangles = highlights?.find((one) => one.page === target.page)?.rectangles ?? [];
    const own = left.current?.target === target ? left.current : undefined;
    const wanted = own ? own.at * width : placeOf(tops, target.page, rectangles, size.height);
    const across = own ? own.across * width : acrossOf(rectangles, width, size.width);
    if (Math.abs(box.scrollTop - wanted) > 1) box.scrollTop = wanted;
    if (Math.abs(box.scrollLeft - across) > 1) box.scrollLeft = across;
    put.current = { top: box.scrollTop, across: box.scrollLeft };
    setTop(box.scrollTop);
  });

  function onScroll() {
    const box = scroller.current;
    if (box === null) return;
    const moved = Math.max(Math.abs(box.scrollTop - put.current.top), Math.abs(box.scrollLeft - put.current.across));
    if (moved <= 1) return;
    put.current = { top: box.scrollTop, across: box.scrollLeft };
    left.current = { target, at: box.scrollTop / width, across: box.scrollLeft / width };
    setTop(box.scrollTop);
    const middle = box.scrollTop + box.clientHeight / 2;
    const shown = tops.findLastIndex((one) => one <= middle);
    if (shown >= 0) onPage(Math.min(shown + 1, pages.length));
  }

  return (
    <div
      ref={scroller}
      role="region"
      aria-label={`Pages of ${name}`}
      tabIndex={0}
      onScroll={onScroll}
      className="min-h-0 grow overflow-auto bg-raised [overflow-anchor:none]"
    >
      <div className="relative mx-auto" style={{ height: tops.at(-1), width: width + 2 * MARGIN }}>
        {pagesInSight(tops, top, size.height).map((index) => {
          const shown = pages[index];
          if (shown === undefined) return null;
          return (
            <div key={shown.number} className="absolute" style={{ left: MARGIN, width, top: tops[index], height: (width * shown.height) / shown.width }}>
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

/** The inner size of a box, in pixels; nothing before it is laid out. */
function useSize(box: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return size;
}
