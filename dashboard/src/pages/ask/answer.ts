/** An answer as it arrives event by event, and as an execution keeps it. */
import type { Schema } from "../../api/client";
import type { ServerEvent } from "../../api/events";
import type { ApiProblem } from "../../api/problem";
import type { Filters } from "./narrowing";

export type Citation = Schema<"Citation">;
export type Passage = Schema<"Passage">;
export type Statement = Schema<"Statement">;
export type Execution = Schema<"ExecutionDetail">;

/** What is known of an answer so far. */
export interface AnswerSoFar {
  question: string;
  collection: string;
  /** What answers, as it is asked for: a name, perhaps with a label or a number. */
  strategy: string;
  /** Which documents were asked; null when all. */
  filters: Filters | null;
  /** The execution that it goes on from, and the earlier questions that it was understood with. */
  follows: string | null;
  context: readonly string[];
  /** Other wordings that were searched too. */
  queries: readonly string[];
  executionId: string | null;
  /** The execution that found the answer, where it was given again from the cache. */
  cachedFrom: string | null;
  /** How a model ordered the passages, where the strategy has one do so. */
  reranking: Schema<"RerankingReport"> | null;
  passages: readonly Passage[];
  citations: readonly Citation[];
  /** Sentences that a model wrote, with the citations that bear them out; none in an answer of quotations. */
  prose: readonly Statement[];
  /** What came of letting a model write; null where none was asked to. */
  composition: Schema<"Composition"> | null;
  confidence: number | null;
  /** What the strategy's judge said, and what the engine's own check alone comes to where judge or calibration changed it. */
  judging: Schema<"JudgingReport"> | null;
  ownConfidence: number | null;
  refused: boolean;
  reason: string | null;
  reasonCode: Schema<"Answer">["reason_code"];
  phase: "asking" | "answering" | "done" | "stopped" | "failed";
  problem: ApiProblem | null;
}

export type AnswerEvent =
  | { kind: "event"; event: ServerEvent }
  | { kind: "stopped" }
  | { kind: "failed"; problem: ApiProblem };

export function asked(
  question: string,
  collection: string,
  strategy: string,
  follows: string | null = null,
  filters: Filters | null = null,
): AnswerSoFar {
  return {
    question, collection, strategy, filters, follows, context: [], queries: [], executionId: null, cachedFrom: null, reranking: null, passages: [], citations: [], prose: [], composition: null, confidence: null, judging: null, ownConfidence: null, refused: false, reason: null, reasonCode: null,
    phase: "asking", problem: null,
  };
}

/** Return the answer after one more event. */
export function advanced(answer: AnswerSoFar, next: AnswerEvent): AnswerSoFar {
  if (next.kind === "stopped") return { ...answer, phase: "stopped" };
  if (next.kind === "failed") return { ...answer, phase: "failed", problem: next.problem };
  const { event, data } = next.event;
  switch (event) {
    case "retrieval": {
      const { execution_id, passages } = data as { execution_id: string; passages: Passage[] };
      return { ...answer, executionId: execution_id, passages, phase: "answering" };
    }
    case "citation":
      return { ...answer, citations: [...answer.citations, data as Citation] };
    case "delta": {
      const { statement } = data as { statement?: Statement };
      return statement ? { ...answer, prose: [...answer.prose, statement] } : answer;
    }
    case "completed":
      return completed(answer, data as Schema<"Answer">);
    default:
      return answer;
  }
}

function completed({ strategy, filters, follows }: AnswerSoFar, answer: Schema<"Answer">): AnswerSoFar {
  const { question, collection, execution_id, passages, citations, confidence, refused, reason, reason_code: reasonCode, context = [], queries = [], cached_from: cachedFrom = null, reranking = null, prose = [], composition = null, judging = null, own_confidence: ownConfidence = null } = answer;
  return {
    question, collection, strategy, filters, follows, context, queries, executionId: execution_id, cachedFrom, reranking, passages, citations, prose, composition, confidence, judging, ownConfidence, refused, reason, reasonCode,
    phase: "done", problem: null,
  };
}

/** Return the answer that an execution keeps; null when it is no answer, or its content was erased. */
export function recorded(execution: Execution): AnswerSoFar | null {
  const inputs = execution.inputs.value as { question?: unknown; collection?: unknown; follows?: string; filters?: Filters | null } | null | undefined;
  if (execution.kind !== "ask" || typeof inputs?.question !== "string" || typeof inputs.collection !== "string") return null;
  const begun = { ...asked(inputs.question, inputs.collection, strategyOf(execution), inputs.follows ?? null, inputs.filters ?? null), executionId: execution.id };
  const output = execution.output.value as Partial<Schema<"Answer">> | null | undefined;
  if (!output || !Array.isArray(output.citations) || !Array.isArray(output.passages)) return { ...begun, phase: "stopped" };
  return {
    ...begun,
    passages: output.passages,
    citations: output.citations,
    prose: output.prose ?? [],
    composition: output.composition ?? null,
    confidence: output.confidence ?? null,
    judging: output.judging ?? null,
    ownConfidence: output.own_confidence ?? null,
    refused: output.refused ?? false,
    reason: output.reason ?? null,
    reasonCode: output.reason_code,
    context: output.context ?? [],
    queries: output.queries ?? [],
    cachedFrom: output.cached_from ?? null,
    reranking: output.reranking ?? null,
    phase: "done",
  };
}

/** Return the strategy as who asks on means it: the label that answered, or the strategy as it is by then. */
function strategyOf({ artifact }: Execution): string {
  if (!artifact) return "default";
  return artifact.label && artifact.label !== "latest" ? `${artifact.name}@${artifact.label}` : artifact.name;
}

const NOT_SEARCHED = "Nothing could be searched.";
const REFUSED: Partial<Record<NonNullable<AnswerSoFar["reasonCode"]>, string>> = {
  off_topic: "The documents are about something else.",
  conflicting: "The documents contradict each other.",
  underspecified: "Who or what do you mean?",
  nothing_indexed: NOT_SEARCHED,
  not_permitted: NOT_SEARCHED,
  filtered: NOT_SEARCHED,
};

/** Return in a few words that there is no answer, and why. */
export function refusalOf({ reasonCode }: Pick<AnswerSoFar, "reasonCode">): string {
  return (reasonCode && REFUSED[reasonCode]) ?? "The documents do not answer this.";
}

const UNNAMED = "Your question does not name whom or what it is about. Ask again with the name, or ask it as a follow-up of an answer about that.";

/** Return what a person is told of a refusal below its heading: why, and what may help. */
export function adviceOf({ reason, reasonCode, passages }: Pick<AnswerSoFar, "reason" | "reasonCode" | "passages">): string[] {
  const why = reasonCode === "underspecified" ? UNNAMED : reason;
  const said = why === null ? [] : [why];
  if (passages.length === 0 || reasonCode === "conflicting") return said;
  const below = "The nearest passages stand below.";
  return [...said, reasonCode === "underspecified" ? below : `${below} Another wording, or a document that is missing, may help.`];
}

/** The longest end that stays on one line with a number: a longer word, or a language without spaces, may break before it. */
const LONGEST_END = 20;

/** Return a sentence as all but its last word, and that word. */
export function withoutEnd(sentence: string): readonly [string, string] {
  const characters = [...sentence.trimEnd()];
  const word = characters.findLastIndex((one) => /\s/.test(one)) + 1;
  const at = Math.max(word, characters.length - LONGEST_END);
  return [characters.slice(0, at).join(""), characters.slice(at).join("")];
}

/** Return the sentences of an answer: what a model wrote, or the quotations themselves. */
export function sentencesOf({ prose, citations }: Pick<AnswerSoFar, "prose" | "citations">): readonly Statement[] {
  return prose.length > 0 ? prose : citations.map(({ cited_text, n }) => ({ text: cited_text, citations: [n] }));
}

/** Return in a few words what an answer is made of. */
export function madeOf(answer: Pick<AnswerSoFar, "refused" | "collection" | "citations" | "prose"> & Partial<Pick<AnswerSoFar, "composition">>): string {
  const { refused, collection, prose, composition } = answer;
  if (refused) return `Asked of ${collection}`;
  const count = sentencesOf(answer).length;
  if (prose.length === 0) return `${sentences(count)}, word for word, from ${collection}`;
  if (!composition?.completed) return `${sentences(count)} that a model wrote from ${collection}, each checked`;
  return `${sentences(count - 1)} that a model wrote from ${collection}, each checked, and 1 word for word`;
}

function sentences(count: number): string {
  return count === 1 ? "1 sentence" : `${count} sentences`;
}

/** Return where a citation or passage stands, for people. */
export function placeOf({ version, page }: Pick<Citation, "version" | "page">): string {
  return `${version.document}, version ${version.number}${page === null ? "" : `, page ${page}`}`;
}
