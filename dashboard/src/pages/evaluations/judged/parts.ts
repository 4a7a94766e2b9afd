/** How the rows of a judged comparison divide. */
import { formatCount } from "../../../components/format";
import type { Figures, Result } from "./queries";

export interface Part {
  result: Result;
  rows: number;
  /** What it means. */
  label: string;
  /** How it is painted; the label says the same. */
  paint: string;
}

const STRIPES = "bg-[repeating-linear-gradient(135deg,var(--line-strong)_0_2px,var(--raised)_2px_7px)]";

/** Every way in which a row can come out, from the candidate's wins to its losses; none is left out. */
export function partsOf(figures: Figures): Part[] {
  return [
    { result: "win", rows: figures.wins, label: "candidate better in both orders", paint: "bg-accent" },
    { result: "tie", rows: figures.ties, label: "tie in both orders", paint: "bg-raised" },
    { result: "inconsistent", rows: figures.inconsistent, label: "the orders disagree", paint: STRIPES },
    { result: "failed", rows: figures.failed, label: "a verdict is missing", paint: "bg-bad-soft" },
    { result: "loss", rows: figures.losses, label: "baseline better in both orders", paint: "bg-ink" },
  ];
}

/** 12 of 100 rows: candidate better in both orders; 3 of … */
export function inWords(figures: Figures): string {
  return partsOf(figures)
    .filter(({ rows }) => rows > 0)
    .map(({ rows, label }) => `${formatCount(rows)} of ${formatCount(figures.rows)} rows: ${label}`)
    .join("; ");
}

/** What the share of first places says of the judge. */
export function biasInWords({ first_position: first }: Figures): string {
  if (first === null) return "It never named a side.";
  const ends = `${hundredths(first.low)} to ${hundredths(first.high)} %`;
  const words = `It named what it was shown first in ${hundredths(first.share)} % of its verdicts (95 % interval ${ends}, over ${formatCount(first.rows)} rows)`;
  if (first.low <= 0.5 && first.high >= 0.5) return `${words}: no preference for a place is shown.`;
  return `${words}: it prefers the ${first.share > 0.5 ? "first" : "second"} place, whatever stands there.`;
}

function hundredths(share: number): string {
  return String(Number((share * 100).toFixed(1)));
}
