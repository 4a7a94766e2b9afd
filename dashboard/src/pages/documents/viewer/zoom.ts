/** How large pages are shown, and how sharp their images have to be for it. */

export const ZOOMS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const IMAGE_WIDTHS: readonly number[] = [480, 800, 1200, 1600, 2400];

/** A screen narrower than this is a phone's, in CSS pixels. */
const PHONE_WIDTH = 480;

/** Return how large pages are at first: what is cited has to be read at once, also where a whole page is too small. */
export function firstZoom(screenWidth: number, isCited: boolean): number {
  return isCited && screenWidth < PHONE_WIDTH ? 2 : 1;
}

/** Return the next zoom in a direction; the same at either end. */
export function zoomed(zoom: number, step: 1 | -1): number {
  const next = step > 0 ? ZOOMS.find((one) => one > zoom) : ZOOMS.findLast((one) => one < zoom);
  return next ?? zoom;
}

/** Return the width to ask an image in, so that few different ones are made: the next larger of a few. */
export function imageWidth(shownWidth: number, pixelRatio: number): number {
  const needed = shownWidth * Math.min(pixelRatio, 2);
  return IMAGE_WIDTHS.find((width) => width >= needed) ?? 2400;
}
