/** Two executions side by side: their numbers with differences, their facts, and where two texts differ. */
import { formatCost, formatCount, formatDuration } from "../../components/format";
import { placeOf, recorded } from "../ask/answer";
import { kindName, subjectOf } from "./labels";
import type { Detail } from "./queries";
import { asText, readable } from "./readable";

export interface NumberRow {
  name: string;
  left: string;
  right: string;
  /** The right less the left, in words; null where one of them is not known. */
  delta: { text: string; better: boolean | null } | null;
}

export interface FactRow {
  name: string;
  left: string;
  right: string;
  differs: boolean;
}

type Format = (value: number) => string;
type Reading = (one: Detail) => string | null | undefined;

/** Rows of what can be counted. Less is better, of all but tokens, where it is neither. */
export function numberRows(left: Detail, right: Detail): NumberRow[] {
  const rows: [string, number | null, number | null, Format, boolean][] = [
    ["Total", left.latency_total_ms, right.latency_total_ms, formatDuration, true],
    ["First token", left.latency_first_token_ms, right.latency_first_token_ms, formatDuration, true],
    ["Tokens in", left.input_tokens, right.input_tokens, formatCount, false],
    ["Tokens from cache", left.cached_tokens, right.cached_tokens, formatCount, false],
    ["Tokens out", left.output_tokens, right.output_tokens, formatCount, false],
    ["Tokens a second", rate(left), rate(right), (value) => value.toFixed(1), false],
    ["Cost", left.cost_usd, right.cost_usd, formatCost, true],
  ];
  return rows.map(([name, one, other, format, lessIsBetter]) => ({
    name,
    left: one === null ? "–" : format(one),
    right: other === null ? "–" : format(other),
    delta: one === null || other === null ? null : delta(one, other, format, lessIsBetter),
  }));
}

/** Return how `right` differs from `left`, such as `−120 ms (−12 %)`. */
export function delta(left: number, right: number, format: Format, lessIsBetter: boolean): NonNullable<NumberRow["delta"]> {
  const difference = right - left;
  if (difference === 0) return { text: "same", better: null };
  const sign = difference < 0 ? "−" : "+";
  const share = left === 0 ? "" : ` (${sign}${percent(Math.abs(difference / left))})`;
  return { text: `${sign}${format(Math.abs(difference))}${share}`, better: lessIsBetter ? difference < 0 : null };
}

function percent(share: number): string {
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
}

/** Tokens written a second, from the first on. */
function rate(execution: Detail): number | null {
  const { output_tokens: tokens, latency_total_ms: total, latency_first_token_ms: first } = execution;
  if (tokens === null || total === null || first === null || total <= first) return null;
  return (tokens / (total - first)) * 1000;
}

/** Rows of what identifies a run; parameters that neither sets are left out. */
export function factRows(left: Detail, right: Detail): FactRow[] {
  const parameters = [...new Set([...Object.keys(left.parameters), ...Object.keys(right.parameters)])].sort();
  const rows: [string, Reading][] = [
    ["Kind", (one) => kindName(one.kind)],
    ["Status", (one) => one.status],
    ["Error", (one) => one.error_code],
    ["Finish reason", (one) => one.finish_reason],
    ["Version", subjectOf],
    ["Version digest", (one) => one.artifact?.digest],
    ["Lock digest", (one) => one.artifact?.lock_digest],
    ["Asked for by label", (one) => one.artifact?.label],
    ["Model", (one) => one.model?.model],
    ["Model digest", (one) => one.model?.digest],
    ["Seed", (one) => (one.seed === null ? null : String(one.seed))],
    ...parameters.filter((name) => name !== "seed").map((name): [string, Reading] => [name, (one) => parameter(one, name)]),
  ];
  return rows
    .map(([name, of]) => ({ name, left: of(left) ?? "–", right: of(right) ?? "–" }))
    .filter((row) => row.left !== "–" || row.right !== "–")
    .map((row) => ({ ...row, differs: row.left !== row.right }));
}

function parameter(execution: Detail, name: string): string | null {
  const value = execution.parameters[name];
  return value === null || value === undefined ? null : asText(value);
}

/** A stored content as one text, to be compared. */
export function contentText(content: Detail["inputs"]): string {
  if (content.state !== "present") return "";
  const shown = readable(content.value);
  return shown.as === "fields" ? shown.fields.map(([name, text]) => `${name}: ${text}`).join("\n") : shown.text;
}

/** What came out as one text: of an answer its sentences, or why there is none, as a person reads them. */
export function outputText(execution: Detail): string {
  const answer = recorded(execution);
  if (answer?.phase !== "done") return contentText(execution.output);
  const confidence = answer.confidence === null ? [] : [`Confidence ${answer.confidence.toFixed(2)}`];
  if (answer.refused) return [`Refused. ${answer.reason ?? ""}`.trim(), ...confidence].join("\n");
  return [...answer.citations.map((one) => `${one.cited_text} [${one.n}: ${placeOf(one)}]`), ...confidence].join("\n");
}

export interface Segment {
  text: string;
  changed: boolean;
}

/** Cut a text at the ranges that differ. */
export function segments(text: string, ranges: readonly { from: number; to: number }[]): Segment[] {
  const cut: Segment[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    if (from > at) cut.push({ text: text.slice(at, from), changed: false });
    if (to > from) cut.push({ text: text.slice(from, to), changed: true });
    at = to;
  }
  if (at < text.length) cut.push({ text: text.slice(at), changed: false });
  return cut;
}
