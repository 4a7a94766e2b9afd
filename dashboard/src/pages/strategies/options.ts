/** The options of a strategy that the editor offers, and bodies with one of them changed. */
import type { Schema } from "../../api/client";
import { OFFERED } from "./composing";

export type Body = Schema<"Strategy">;
export type Group = "chunking" | "retrieval" | "answering";
export type Value = string | number | boolean | null;

/** The numbers that an option takes; whole ones where the step is. */
export interface Range {
  least: number;
  most: number;
  step: number;
}

interface Common {
  group: Group;
  name: string;
  label: string;
  hint: string;
  /** Stands in the fold of what few change. */
  isAdvanced?: true;
}

export type Option = Common &
  (
    | ({ sort: "number"; initial: number; mayBeOff?: boolean } & Range)
    | { sort: "choice"; choices: readonly (readonly [string, string])[]; initial: string }
    | { sort: "switch"; initial: boolean }
  );

export const TITLES: Record<Group, string> = { chunking: "Cutting", retrieval: "Finding", answering: "Answering" };

const SHARE = { sort: "number", least: 0, most: 1, step: 0.05 } as const;

export const OPTIONS: readonly Option[] = [
  {
    group: "chunking", name: "kind", label: "Kind", sort: "choice", initial: "sentences", hint: "What is kept together",
    choices: [
      ["sentences", "whole sentences"], ["structure", "sections, tables, code"], ["semantic", "by meaning"],
      ["parent_child", "small in large"], ["sentence_window", "moving window"],
    ],
  },
  { group: "chunking", name: "max_characters", label: "Longest chunk", sort: "number", least: 200, most: 4000, step: 50, initial: 1000, hint: "Characters" },
  { group: "chunking", name: "overlap_sentences", label: "Overlap", sort: "number", least: 0, most: 5, step: 1, initial: 1, hint: "Sentences repeated from the chunk before" },
  { group: "chunking", name: "window_sentences", label: "Window", sort: "number", least: 1, most: 50, step: 1, initial: 5, hint: "Sentences in a chunk" },
  { group: "chunking", name: "window_step", label: "Step", sort: "number", least: 1, most: 50, step: 1, initial: 2, hint: "Sentences to the next chunk" },
  { group: "chunking", name: "breakpoint_percentile", label: "Breakpoint", sort: "number", least: 50, most: 99, step: 1, initial: 90, hint: "Percentile of the distances; higher cuts less" },
  { group: "chunking", name: "child_characters", label: "Searched part", sort: "number", least: 100, most: 2000, step: 50, initial: 300, hint: "Characters of what is searched inside a chunk" },
  { group: "chunking", name: "contextual_headers", label: "Read headings with each chunk", sort: "switch", initial: false, hint: "For its meaning; never in what is cited" },
  { group: "chunking", name: "group_sentences", label: "Compared sentences", sort: "number", least: 1, most: 10, step: 1, initial: 3, hint: "Before and after a possible cut", isAdvanced: true },
  { group: "chunking", name: "header_terms", label: "Find headings by words too", sort: "switch", initial: false, hint: "A chunk is found by the words of the headings above it", isAdvanced: true },
  { group: "retrieval", name: "passages", label: "Passages", sort: "number", least: 1, most: 20, step: 1, initial: 8, hint: "How many the answer may use" },
  { group: "retrieval", name: "dense_weight", label: "Meaning against words", ...SHARE, initial: 0.5, hint: "0 words alone, 1 meaning alone" },
  { group: "retrieval", name: "sentence_weight", label: "Best sentence", ...SHARE, initial: 0.5, hint: "Its share in a passage's meaning" },
  { group: "retrieval", name: "fusion", label: "Fusion", sort: "choice", initial: "min_max", hint: "What is mixed", choices: [["min_max", "scores"], ["rrf", "ranks"]] },
  { group: "retrieval", name: "mmr", label: "Difference", ...SHARE, initial: 0.7, mayBeOff: true, hint: "1 relevance alone, 0 as different as can be" },
  { group: "retrieval", name: "candidates", label: "Candidates of each search", sort: "number", least: 1, most: 200, step: 1, initial: 50, hint: "By meaning, and as many by words", isAdvanced: true },
  { group: "retrieval", name: "k1", label: "k1 of the words", sort: "number", least: 0, most: 3, step: 0.1, initial: 1.2, hint: "BM25: how much a repeated word adds", isAdvanced: true },
  { group: "retrieval", name: "b", label: "b of the words", ...SHARE, initial: 0.75, hint: "BM25: how much length counts against a chunk", isAdvanced: true },
  { group: "retrieval", name: "rrf_k", label: "k of the ranks", sort: "number", least: 1, most: 1000, step: 1, initial: 60, hint: "For a fusion of ranks: larger lets the first count less", isAdvanced: true },
  { group: "answering", name: "threshold", label: "Refuse below", ...SHARE, initial: 0.4, hint: "Confidence" },
  { group: "answering", name: "max_sentences", label: "Sentences at most", sort: "number", least: 1, most: 10, step: 1, initial: 3, hint: "In an answer" },
  { group: "answering", name: "relative_floor", label: "Floor", ...SHARE, initial: 0.7, hint: "Of the best sentence's score" },
  { group: "answering", name: "redundancy", label: "Repetition", ...SHARE, initial: 0.7, hint: "Shared words that make a sentence a repeat" },
  { group: "answering", name: "similarity_weight", label: "Meaning of a sentence", ...SHARE, initial: 0.6, hint: "Against the question’s words in it", isAdvanced: true },
  { group: "answering", name: "passage_weight", label: "Score of its passage", ...SHARE, initial: 0.5, hint: "How much it adds to a sentence’s", isAdvanced: true },
  { group: "answering", name: "near_floor", label: "Floor of what stands near", ...SHARE, initial: 0.85, hint: "Of the best score, for a sentence with no new word of the question", isAdvanced: true },
  { group: "answering", name: "support_gap", label: "Support below the best", sort: "number", least: 0, most: 50, step: 0.1, initial: 0.9, hint: "Log-odds by which a quoted sentence may fit less", isAdvanced: true },
  { group: "answering", name: "cache", label: "Keep answers", sort: "switch", initial: false, hint: "Given again until a document, a list or the strategy changes" },
];

type Options = Record<string, Value | undefined>;

export function valueOf(body: Body, option: Option): Value {
  const given = (body[option.group] as Options | undefined)?.[option.name];
  if (given !== undefined) return given;
  return option.sort === "number" && option.mayBeOff ? null : option.initial;
}

/** Return the options that have a meaning in this body. */
export function offered(body: Body, group: Group): Option[] {
  return OPTIONS.filter((option) => option.group === group && (group !== "chunking" || takes((body.chunking ?? {}) as Options, option.name)));
}

/** The kind of chunking that alone takes a member; the engine refuses it with another. */
const TAKEN_BY: Readonly<Record<string, string>> = {
  overlap_sentences: "sentences",
  window_sentences: "sentence_window",
  window_step: "sentence_window",
  breakpoint_percentile: "semantic",
  group_sentences: "semantic",
  child_characters: "parent_child",
};

/** Return the body with an option changed, without what only another kind, or a switch that is off now, took. */
export function changed(body: Body, option: Option, value: Value): Body {
  const group: Options = { ...(body[option.group] as Options | undefined), [option.name]: value };
  return { ...body, [option.group]: option.group === "chunking" ? taken(group) : group };
}

function taken(chunking: Options): Options {
  return Object.fromEntries(Object.entries(chunking).filter(([name]) => takes(chunking, name)));
}

function takes(chunking: Options, name: string): boolean {
  const kind = chunking.kind ?? "sentences";
  return (TAKEN_BY[name] ?? kind) === kind && (name !== "header_terms" || chunking.contextual_headers === true);
}

export type Rewriting = NonNullable<Body["rewriting"]>;

export const REWRITINGS: readonly (readonly [Rewriting["kind"], string])[] = [
  ["condense", "a follow-up as a whole question"],
  ["multi_query", "several wordings"],
  ["step_back", "a more general question"],
  ["hyde", "a passage that might answer"],
  ["multi_hop", "what to look for next, again and again"],
];
/** Those that write several. */
export const COUNTED: ReadonlySet<Rewriting["kind"]> = new Set<Rewriting["kind"]>(["multi_query", "multi_hop"]);
export const WORDINGS = 3;
export const WORDINGS_RANGE: Range = { least: 1, most: 5, step: 1 };

/** Return the body with other wordings. */
export function reworded(body: Body, kind: Rewriting["kind"] | null, prompt: string, queries: number): Body {
  const { rewriting: _, ...rest } = body;
  if (kind === null) return rest as Body;
  return { ...rest, rewriting: { kind, prompt, queries: COUNTED.has(kind) ? queries : WORDINGS } } as Body;
}

export type Reranking = NonNullable<Body["reranking"]>;
export type RerankingKind = Reranking["kind"];

export const RERANKINGS: readonly (readonly [RerankingKind, string])[] = [
  ["cross_encoder", "a cross-encoder"],
  ["model", "a language model, by a prompt"],
];

export const CANDIDATES: Record<RerankingKind, Range> = {
  cross_encoder: { least: 1, most: 100, step: 1 },
  model: { least: 2, most: 50, step: 1 },
};
/** Tokens of what is packed for a language model. */
export const BUDGETED = 2000;
export const BUDGET: Range = { least: 50, most: 200_000, step: 1 };

/** Return the body with another ordering, which keeps what has no field here. */
export function reordered(body: Body, kind: RerankingKind | null, named: string, candidates: number | null): Body {
  const { reranking: before, ...rest } = body;
  if (kind === null) return rest as Body;
  const kept: Partial<Record<string, unknown>> = before?.kind === kind ? { ...before } : {};
  // The digest belongs to the files that were there: the engine fills in that of those which are there now.
  delete kept.digest;
  delete kept.candidates;
  const name = kind === "model" ? { prompt: named } : { model: named };
  return { ...rest, reranking: { ...kept, kind, ...name, ...(candidates === null ? {} : { candidates }) } } as Body;
}

export type Judging = NonNullable<Body["judging"]>;
export type JudgingKind = Judging["kind"];

export const JUDGES: readonly (readonly [JudgingKind, string])[] = [
  ["cross_encoder", "a cross-encoder"],
  ["model", "a language model, by a prompt"],
];
export const TOKENS: Range = { least: 16, most: 8192, step: 1 };

/** Return the body with another judge; the digest of a cross-encoder's files is left for the engine to fill in. */
export function judgedBy(body: Body, kind: JudgingKind | null, named: string, tokens: number | null): Body {
  const { judging: before, ...rest } = body;
  if (kind === null) return rest as Body;
  const judging = kind === "model" ? { ...(before?.kind === kind ? before : {}), kind, prompt: named } : { kind, model: named, ...(tokens === null ? {} : { max_tokens: tokens }) };
  return { ...rest, judging } as Body;
}

export type Calibration = Schema<"Calibration">;

/** What changes nothing where there is no judge. */
export const UNCALIBRATED: Calibration = { own: 1, judge: 1, bias: 0 };
const WEIGHT: Range = { least: 0, most: 20, step: 0.1 };

export const CALIBRATION: readonly (readonly [keyof Calibration, string, Range])[] = [
  ["own", "Weight of the own check", WEIGHT],
  ["judge", "Weight of the judge", WEIGHT],
  ["bias", "Bias", { least: -50, most: 50, step: 0.1 }],
];

/** Return the body with another calibration; without one it says nothing of it. */
export function calibrated(body: Body, calibration: Calibration | null): Body {
  const { calibration: _, ...answering } = (body.answering ?? {}) as Partial<Body["answering"]>;
  return { ...body, answering: calibration === null ? answering : { ...answering, calibration } } as Body;
}

/** Return the names of the options in which two bodies differ. */
export function differences(one: Body, other: Body): string[] {
  const found = OPTIONS.filter((option) => valueOf(one, option) !== valueOf(other, option)).map(({ label }) => label);
  const said = ({ rewriting }: Body) => rewriting && [rewriting.kind, rewriting.prompt, rewriting.queries ?? WORDINGS].join();
  const written = ({ composing }: Body) => composing && [composing.kind, composing.prompt, composing.sentences ?? OFFERED, composing.budget_tokens ?? BUDGETED].join();
  const ordered = ({ reranking }: Body) => JSON.stringify(reranking ?? null);
  const judged = ({ judging }: Body) => JSON.stringify(judging ?? null);
  const weighed = ({ answering }: Body) => answering?.calibration && CALIBRATION.map(([name]) => answering.calibration?.[name] ?? UNCALIBRATED[name]).join();
  return [
    ...found,
    ...unoffered(one, other),
    ...(said(one) === said(other) ? [] : ["Other wordings"]),
    ...(written(one) === written(other) ? [] : ["Writing"]),
    ...(ordered(one) === ordered(other) ? [] : ["Ordering"]),
    ...(judged(one) === judged(other) ? [] : ["Judge"]),
    ...((weighed(one) ?? null) === (weighed(other) ?? null) ? [] : ["Calibration"]),
  ];
}

/** Return the names of options that differ and have no field here, such as those that a sweep chose. */
function unoffered(one: Body, other: Body): string[] {
  return (["retrieval", "answering"] as const).flatMap((group) => {
    const [ours, theirs] = [one, other].map((body) => (body[group] ?? {}) as Options) as [Options, Options];
    const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    const hidden = names.filter((name) => name !== "calibration" && !OPTIONS.some((option) => option.group === group && option.name === name));
    return hidden.filter((name) => JSON.stringify(ours[name]) !== JSON.stringify(theirs[name])).map((name) => (name === "filters" ? "Documents" : `${group}.${name}`));
  });
}

interface Placed {
  version: { version_id: string };
  start: number;
}

/** Return the rank (from 1) that a passage has in another list; null when it is not in it. */
export function rankIn(passages: readonly Placed[], passage: Placed): number | null {
  const place = passages.findIndex((one) => one.version.version_id === passage.version.version_id && one.start === passage.start);
  return place < 0 ? null : place + 1;
}
