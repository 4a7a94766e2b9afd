/** How the figures of experiments are written. */
import { formatCount } from "../../components/format";
import type { Comparison, Detail } from "./queries";

type Kind = Comparison["kind"];
type Interval = Comparison["interval"];

const MINUS = "−";

/** 12.5 %; of a share from 0 to 1. */
export function formatShare(share: number | null): string {
  if (share === null) return "–";
  const percent = share * 100;
  return `${Number(percent.toFixed(percent > 0 && percent < 1 ? 2 : 1))} %`;
}

/** A metric's value: a rate in percent, a mean with four digits. */
export function formatValue(kind: Kind, value: number | null): string {
  if (value === null) return "–";
  return kind === "binary" ? `${(value * 100).toFixed(1)} %` : plain(value).replace("-", MINUS);
}

/** A difference with its sign: rates in percentage points. An end that nothing bounds is infinite. */
export function formatDifference(kind: Kind, value: number | null, unbounded = "–"): string {
  if (value === null) return unbounded;
  const size = kind === "binary" ? (Math.abs(value) * 100).toFixed(1) : plain(Math.abs(value));
  return Number(size) === 0 ? size : `${value < 0 ? MINUS : "+"}${size}`;
}

/** "+1.0 to +12.5 points" */
export function formatInterval(kind: Kind, interval: NonNullable<Interval>): string {
  const low = formatDifference(kind, interval.low, `${MINUS}∞`);
  const high = formatDifference(kind, interval.high, "+∞");
  return `${low} to ${high}${kind === "binary" ? " points" : ""}`;
}

export function formatP(p: number): string {
  return p < 0.0001 ? "< 0.0001" : p.toFixed(4).replace(/0+$/, "").replace(/\.$/, "");
}

function plain(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Of a comparison, in one sentence that needs no picture. */
export function comparisonInWords(one: Comparison): string {
  const points = one.kind === "binary" ? " points" : "";
  const difference = one.difference === null ? "no difference known yet" : `${formatDifference(one.kind, one.difference)}${points}`;
  const interval = one.interval ? `, interval ${formatInterval(one.kind, one.interval)}` : ", without a valid interval";
  return `${one.metric} of ${one.arm} less the control: ${difference}${interval}`;
}

export function verdictWord(one: Comparison): string {
  if (one.role === "guardrail") return one.verdict === "worse" ? "worse than tolerated" : "no harm shown";
  return one.verdict === "open" ? "not shown either way" : one.verdict;
}

/** "about 420 more units", or that none is foreseen. */
export function expectedWord(one: Comparison): string {
  if (one.verdict !== "open") return "decided";
  if (one.role === "guardrail") return "watched for harm";
  return one.expected_units === null ? "no decision foreseen" : `about ${formatCount(one.expected_units)} more units`;
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 10 * 365 * 24 * HOUR_MS;

/**
 * When so many more units will be in at the pace so far; null when nobody can say.
 *
 * Args: `units` that came from `startedAt` until `asOf`.
 */
export function expectedEnd(startedAt: string, asOf: string, units: number, more: number): string | null {
  const now = Date.parse(asOf);
  const elapsed = now - Date.parse(startedAt);
  if (elapsed <= 0 || units <= 0) return null;
  const left = (elapsed / units) * more;
  return left > LONGEST_MS ? null : new Date(now + left).toISOString();
}

/** The soonest decision on the primary metric, in units; null when none is foreseen or one is there. */
export function soonest(comparisons: readonly Comparison[]): number | null {
  const open = comparisons.flatMap((one) =>
    one.role === "primary" && one.verdict === "open" && one.expected_units !== null ? [one.expected_units] : [],
  );
  return open.length > 0 ? Math.min(...open) : null;
}

/** "control 50 % · short 50 %" */
export function armsInWords(arms: readonly { name: string; share: number }[]): string {
  return arms.map((arm) => `${arm.name} ${formatShare(arm.share)}`).join(" · ");
}

type Step = NonNullable<Detail["plan"]["ramp"]>[number];
type Rule = NonNullable<Detail["plan"]["targeting"]>[number];

export function stepInWords(step: Step, moment: (iso: string) => string): string {
  const when = step.at ? `from ${moment(step.at)}` : step.after_hours ? `after ${step.after_hours} h` : "from the start";
  return `${formatShare(step.share)} ${when}`;
}

export function ruleInWords(rule: Rule): string {
  const values = rule.in ?? [rule.equals ?? null];
  return `${rule.attribute} is ${values.map((value) => JSON.stringify(value)).join(" or ")}`;
}
