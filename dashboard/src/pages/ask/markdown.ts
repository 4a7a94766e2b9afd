/** Answers as Markdown, to paste elsewhere: citations become footnotes that name version and place. */
import type { AnswerSoFar, Citation } from "./answer";
import { placeOf, sentencesOf } from "./answer";

/** Return question, answer and footnotes; for a refusal its reason. `link` leads back to this answer. */
export function answerMarkdown(answer: AnswerSoFar, link: string): string {
  const head = `**${inline(answer.question)}**`;
  const foot = `_[Answered from ${inline(answer.collection)}](${link})${confidenceNote(answer)}_`;
  if (answer.refused) return [head, inline(answer.reason ?? "Refused."), foot].join("\n\n") + "\n";
  const text = sentencesOf(answer).map((one) => `${inline(one.text)}${one.citations.map((n) => `[^${n}]`).join("")}`).join(" ");
  const notes = answer.citations.map(footnote).join("\n");
  return `${[head, text, notes, foot].join("\n\n")}\n`;
}

function footnote(citation: Citation): string {
  const { n, version, start, end } = citation;
  return `[^${n}]: ${inline(placeOf(citation))}, characters ${start}–${end} (\`${version.digest.slice(0, 12)}\`)`;
}

function confidenceNote({ confidence }: AnswerSoFar): string {
  return confidence === null ? "" : `, confidence ${confidence.toFixed(2)}`;
}

/** Return text in one line whose characters mean themselves. */
function inline(text: string): string {
  return text.replace(/\s+/g, " ").trim().replace(/([\\`*_[\]<>])/g, "\\$1");
}
