/** How a calibration's figures are written. */
import type { Calibration } from "./queries";

type Share = NonNullable<Calibration["sensitivity"]>;

/** "18 of 20, 90 % (70 to 97 %)" */
export function shareInWords({ count, of, value, low, high }: Share): string {
  const percent = (part: number) => Math.round(part * 100);
  return `${count} of ${of}, ${percent(value)} % (${percent(low)} to ${percent(high)} %)`;
}

/** A coefficient from −1 to 1; a dash where too little was said. */
export function coefficient(value: number | null): string {
  return value === null ? "–" : value.toFixed(2).replace("-", "−");
}
