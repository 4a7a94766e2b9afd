/** Why a passage is not cited: what is asked of the engine, and its answer in words and numbers. */
import type { Schema } from "../../api/client";
import { probability } from "./verdict";
import type { Citation, Execution, Passage } from "./answer";

export type Explained = Schema<"Why">;
export type Stage = Explained["stages"][number];
export type Judged = Schema<"SentenceVerdict">;

/** The passage that somebody expected: a place in a document, words that stand there, or the document alone. */
export interface Expected {
  document: string;
  words?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** The question as it was asked: of what, and how. */
export interface Asked {
  namespace: string;
  collection: string;
  question: string;
  strategy: string;
  filters: Schema<"Filters"> | null;
  context: string[];
}

/** Return what an execution asked; null when its content was erased, or it is none of a question. */
export function askedBy(execution: Execution): Asked | null {
  const inputs = execution.inputs.value as Partial<Asked> | null | undefined;
  const { artifact, namespace } = execution;
  if (typeof inputs?.question !== "string" || typeof inputs.collection !== "string" || !artifact) return null;
  return {
    namespace,
    collection: inputs.collection,
    question: inputs.question,
    strategy: `${artifact.name}/${artifact.number}`,
    filters: inputs.filters ?? null,
    context: inputs.context ?? [],
  };
}

/** Return what names the expected passage in a request. */
export function placeIn({ document, words, from, to }: Expected): Pick<Schema<"WhyRequest">, "document" | "text" | "start" | "end"> {
  return from !== undefined && to !== undefined ? { document, start: from, end: to } : { document, text: words ?? null };
}

/** Return the numbers of the citations that stand in a passage. */
export function citedIn({ version, start, end }: Passage, citations: readonly Citation[]): number[] {
  const inside = citations.filter((one) => one.version.version_id === version.version_id && one.start >= start && one.end <= end);
  return inside.map((one) => one.n);
}

export const STAGE_NAMES: Record<Stage["stage"], string> = {
  filters: "Filters",
  candidates: "Search",
  fusion: "Ranking",
  diversity: "Diversity",
  reranking: "Ordering",
  sentences: "Sentences",
  answer: "Answer",
};

export const VERDICTS: Record<Judged["verdict"], string> = {
  chosen: "chosen",
  weaker: "holds less of what is asked",
  below_floor: "scores too low",
  redundant: "repeats another",
  beyond_max: "one too many",
  only_near: "adds no word of the question",
  other_row: "another row fits better",
  no_statement: "no statement",
};

/** What a confidence is made of; the last five speak against an answer. */
const EVIDENCE: Record<string, string> = {
  similarity: "Nearest sentence, by meaning",
  coverage: "Words in one sentence",
  kind: "Holds what is asked for",
  passage_similarity: "Nearest passage, by meaning",
  denial: "Denied by the question alone",
  number: "Number that is missing",
  name: "Name that no document holds",
  opposite: "Opposite of a word of the question",
  full_name: "Full name that no passage holds",
};

/** A score, and what it is measured against. */
export type Score = readonly [name: string, value: string, beside?: string | undefined];

/** Return the scores of a stage, each with the one that decided. */
export function scoresOf(stage: Stage): Score[] {
  switch (stage.stage) {
    case "filters":
      return [];
    case "candidates": {
      const { dense, lexical, limit } = stage;
      const rank = lexical.rank === null ? "no common word" : `rank ${lexical.rank}`;
      const until = (last: string) => `the first ${limit} go on, the last of them has ${last}`;
      return [
        ["Meaning", fixed(dense.similarity), `rank ${dense.rank}; ${until(fixed(dense.last_similarity))}`],
        ["Words", fixed(lexical.bm25, 2), `${rank}; ${until(fixed(lexical.last_bm25, 2))}`],
        ...listed("Words it holds", lexical.words_held),
        ...listed("Words it lacks", lexical.words_missing),
      ];
    }
    case "fusion":
      return [
        ["Relevance", fixed(stage.score), stage.last_score === null ? undefined : `the last that came in has ${fixed(stage.last_score)}`],
        ["From meaning", fixed(stage.dense_share), "of 1, scaled"],
        ["From words", fixed(stage.lexical_share), "of 1, scaled"],
      ];
    case "diversity":
      return [["Gain", fixed(stage.gain), `the last that came in has ${fixed(stage.last_gain)}`]];
    case "reranking":
      return [
        ["Relevance", fixed(stage.share), `before ${fixed(stage.score_before)}, rank ${stage.rank_before}`],
        ...(stage.score === null ? [] : [["By the model", fixed(stage.score), stage.model] as const]),
      ];
    case "sentences":
      return stage.floor === null ? [] : [["Floor", fixed(stage.floor), `the best of all has ${fixed(stage.best_score)}`]];
    case "answer":
      return [
        ["Confidence", fixed(stage.confidence, 2), `the strategy asks for ${fixed(stage.threshold, 2)}`],
        ...(stage.judging ? [["By the judge", fixed(probability(stage.judging.score), 2), stage.judging.model] as const] : []),
        ...(typeof stage.own_confidence === "number" ? [["By the own check alone", fixed(stage.own_confidence, 2)] as const] : []),
        ...Object.entries(stage.evidence).map(([name, value]): Score => [EVIDENCE[name] ?? sentence(name), fixed(value, 2)]),
      ];
  }
}

/** Return in a sentence what became of a passage. */
export function outcomeOf({ dropped_at }: Pick<Explained, "dropped_at">): string {
  return dropped_at === null ? "The passage is cited." : `The passage was dropped at this stage: ${STAGE_NAMES[dropped_at]}.`;
}

function listed(name: string, words: readonly string[]): Score[] {
  return words.length === 0 ? [] : [[name, words.join(", ")]];
}

function fixed(value: number | null, digits = 3): string {
  return value === null ? "–" : value.toFixed(digits);
}

function sentence(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
