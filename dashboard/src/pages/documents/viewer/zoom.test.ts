import { describe, expect, it } from "vitest";
import { imageWidth, zoomed } from "./zoom";

describe("zoom", () => {
  it("steps and stops at the ends", () => {
    expect(zoomed(1, 1)).toBe(1.25);
    expect(zoomed(1, -1)).toBe(0.75);
    expect(zoomed(3, 1)).toBe(3);
    expect(zoomed(0.5, -1)).toBe(0.5);
  });

  it("asks for images in few widths, as sharp as the screen", () => {
    expect(imageWidth(500, 1)).toBe(800);
    expect(imageWidth(500, 2)).toBe(1200);
    expect(imageWidth(5000, 3)).toBe(2400);
  });
});
