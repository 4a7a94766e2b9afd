import { describe, expect, it } from "vitest";
import { firstZoom, imageWidth, zoomed } from "./zoom";

describe("zoom", () => {
  it("steps and stops at the ends", () => {
    expect(zoomed(1, 1)).toBe(1.25);
    expect(zoomed(1, -1)).toBe(0.75);
    expect(zoomed(3, 1)).toBe(3);
    expect(zoomed(0.5, -1)).toBe(0.5);
  });

  it("begins with what can be read: on a phone, pages twice as wide once something is cited", () => {
    expect(firstZoom(390, true)).toBe(2);
    expect(firstZoom(390, false)).toBe(1);
    expect(firstZoom(1280, true)).toBe(1);
  });

  it("asks for images in few widths, as sharp as the screen", () => {
    expect(imageWidth(500, 1)).toBe(800);
    expect(imageWidth(500, 2)).toBe(1200);
    expect(imageWidth(5000, 3)).toBe(2400);
  });
});
