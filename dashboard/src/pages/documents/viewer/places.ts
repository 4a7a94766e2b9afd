/** Where the pages of a PDF stand below each other, in pixels from the top. */
import type { Schema } from "../../../api/client";

const GAP = 12;

/** Return where each page begins, and where the last one ends; with the same gap before, between and after them. */
export function topsOf(pages: readonly Pick<Schema<"DocumentPage">, "width" | "height">[], width: number): number[] {
  const tops = [GAP];
  for (const page of pages) tops.push((tops.at(-1) ?? 0) + (width * page.height) / page.width + GAP);
  return tops;
}

/** Return where to scroll to for a page: its beginning, or what is highlighted on it a third of the way down. */
export function placeOf(
  tops: readonly number[],
  page: number,
  rectangles: readonly Pick<Schema<"Rectangle">, "top">[],
  height: number,
): number {
  const top = tops[page - 1] ?? 0;
  const end = tops.at(-1) ?? 0;
  const first = rectangles.length > 0 ? Math.min(...rectangles.map((rectangle) => rectangle.top)) : undefined;
  const wanted = first === undefined ? top - GAP : top + first * ((tops[page] ?? top) - top - GAP) - height / 3;
  return Math.max(0, Math.min(wanted, end - height));
}

/** Return how far to scroll sideways on pages of `width` in a box of `boxWidth`, so that what is highlighted begins in sight. */
export function acrossOf(rectangles: readonly Pick<Schema<"Rectangle">, "left">[], width: number, boxWidth: number): number {
  if (rectangles.length === 0) return 0;
  const first = Math.min(...rectangles.map((rectangle) => rectangle.left)) * width;
  return Math.max(0, Math.min(first, width + 2 * GAP - boxWidth));
}

/** Return the indices of the pages that can be seen from `top`, and of those half a height before and after. */
export function pagesInSight(tops: readonly number[], top: number, height: number): number[] {
  const from = top - height / 2;
  const to = top + 1.5 * height;
  return tops.slice(0, -1).flatMap((begin, index) => (begin < to && (tops[index + 1] ?? begin) > from ? [index] : []));
}
