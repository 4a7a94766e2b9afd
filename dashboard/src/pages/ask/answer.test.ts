import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem";
import { type AnswerSoFar, type Citation, type Execution, type Passage, adviceOf, advanced, asked, madeOf, recorded, refusalOf, withoutEnd } from "./answer";
import { answerMarkdown } from "./markdown";

const version = { document_id: "d", document: "a_b.pdf", version_id: "v", number: 2, digest: "0123456789abcdef" };
const citation: Citation = { n: 1, version, page: 3, start: 10, end: 24, cited_text: "It *is*\nso.", locations: [] };
const passage: Passage = { version, page: 3, start: 0, end: 40, text: "…", score: 1, similarity: 0.8, bm25: 4 };
const completed = {
  execution_id: "e", question: "Is it?", collection: "docs", strategy: "default/1", refused: false, reason: null,
  text: "It *is* so. [1]", confidence: 0.91, citations: [citation], passages: [passage],
};

function after(...events: [string, unknown][]): AnswerSoFar {
  return events.reduce(
    (answer, [event, data]) => advanced(answer, { kind: "event", event: { event, data } }),
    asked("Is it?", "docs", "strict@live"),
  );
}

describe("an answer", () => {
  it("grows with each event", () => {
    expect(after().phase).toBe("asking");
    const found = after(["retrieval", { execution_id: "e", passages: [passage] }]);
    expect([found.phase, found.executionId, found.passages.length]).toEqual(["answering", "e", 1]);
    const cited = advanced(found, { kind: "event", event: { event: "citation", data: citation } });
    expect(cited.citations).toEqual([citation]);
    expect(advanced(cited, { kind: "event", event: { event: "delta", data: { text: "…" } } })).toBe(cited);
    expect(after(["completed", completed])).toMatchObject({ phase: "done", confidence: 0.91, executionId: "e" });
  });

  it("is what a model wrote where one did, and says of what it is made", () => {
    const statement = { text: "So it is.", citations: [1] };
    const written = after(["retrieval", { execution_id: "e", passages: [passage] }], ["citation", citation], ["delta", { text: "So it is. [1]", statement }]);
    expect(written.prose).toEqual([statement]);
    expect(madeOf(written)).toBe("1 sentence that a model wrote from docs, each checked");
    expect(madeOf(after(["completed", completed]))).toBe("1 sentence, word for word, from docs");
    const composition = { kind: "prose" as const, is_used: true, left_out: [], cut: [{ text: "No.", fault: "denial" as const }] };
    const ended = after(["completed", { ...completed, prose: [statement], composition }]);
    expect([ended.prose, ended.composition]).toEqual([[statement], composition]);
    const added = { ...ended, prose: [statement, statement], composition: { ...composition, completed: true } };
    expect(madeOf(added)).toBe("1 sentence that a model wrote from docs, each checked, and 1 word for word");
    expect(answerMarkdown(ended, "x")).toContain("So it is.[^1]\n");
  });

  it("keeps what it has when it is stopped or fails", () => {
    const cited = after(["retrieval", { execution_id: "e", passages: [passage] }], ["citation", citation]);
    expect(advanced(cited, { kind: "stopped" })).toMatchObject({ phase: "stopped", citations: [citation] });
    const problem = new ApiProblem({ title: "t", status: 503, code: "c", detail: "d" });
    expect(advanced(cited, { kind: "failed", problem })).toMatchObject({ phase: "failed", problem });
  });
});

describe("a refusal", () => {
  const refused = (reasonCode: AnswerSoFar["reasonCode"], passages: readonly Passage[] = []) => ({ reason: "Why.", reasonCode, passages });

  it("speaks of passages only where there are some", () => {
    for (const code of ["not_permitted", "filtered", "nothing_indexed", "off_topic"] as const) {
      expect(adviceOf(refused(code))).toEqual(["Why."]);
    }
    expect(adviceOf(refused("unsupported", [passage])).join(" ")).toMatch(/^Why\. The nearest passages stand below/);
    expect(adviceOf(refused("conflicting", [passage]))).toEqual(["Why."]);
  });

  it("asks back what an underspecified question is about", () => {
    expect(refusalOf(refused("underspecified"))).toBe("Who or what do you mean?");
    const [asksBack, below] = adviceOf(refused("underspecified", [passage]));
    expect(asksBack).toContain("Ask again with the name");
    expect(below).toBe("The nearest passages stand below.");
  });

  it("says in its heading that nothing could be searched", () => {
    expect(refusalOf(refused("not_permitted"))).toBe("Nothing could be searched.");
    expect(refusalOf(refused("unsupported"))).toBe("The documents do not answer this.");
  });
});

describe("an execution", () => {
  const execution = {
    id: "e", kind: "ask", artifact: { kind: "rag_strategy", name: "strict", number: 3, label: "live" },
    inputs: { state: "present", value: { question: "Is it?", collection: "docs" } },
    output: { state: "present", value: { ...completed } },
  } as unknown as Execution;

  it("keeps the same answer", () => {
    expect(recorded(execution)).toEqual(after(["completed", completed]));
  });

  it("is gone on from by the strategy that answered", () => {
    expect(recorded({ ...execution, artifact: { ...execution.artifact!, label: null } })?.strategy).toBe("strict");
    expect(recorded({ ...execution, artifact: null })?.strategy).toBe("default");
  });

  it("keeps what it goes on from, and what it was understood with", () => {
    const following = {
      ...execution,
      inputs: { state: "present", value: { question: "And it?", collection: "docs", follows: "e0" } },
      output: { state: "present", value: { ...completed, context: ["Is it?"], queries: ["Was it?"], cached_from: "e1" } },
    } as unknown as Execution;
    expect(recorded(following)).toMatchObject({ follows: "e0", context: ["Is it?"], queries: ["Was it?"], cachedFrom: "e1" });
    const judging = { kind: "model", model: "judge", score: 1.5 };
    const judged = { ...execution, output: { state: "present", value: { ...completed, judging, own_confidence: 0.5 } } } as unknown as Execution;
    expect(recorded(judged)).toMatchObject({ judging, ownConfidence: 0.5 });
    expect(recorded(judged)).toEqual(after(["completed", { ...completed, judging, own_confidence: 0.5 }]));
    expect(recorded(execution)).toMatchObject({ follows: null, context: [], queries: [], cachedFrom: null });
  });

  it("is none when it is of another kind or erased, and stopped when it has no output", () => {
    expect(recorded({ ...execution, kind: "prompt_run" })).toBeNull();
    expect(recorded({ ...execution, inputs: { state: "erased", value: null } } as Execution)).toBeNull();
    expect(recorded({ ...execution, output: { state: "none", value: null } } as Execution)?.phase).toBe("stopped");
  });
});

describe("Markdown", () => {
  it("has a footnote for each citation, and special characters mean themselves", () => {
    const text = answerMarkdown(after(["completed", completed]), "http://engine/ask?execution=e");
    expect(text).toContain("It \\*is\\* so.[^1]");
    expect(text).toContain("[^1]: a\\_b.pdf, version 2, page 3, characters 10–24 (`0123456789ab`)");
    expect(text).toContain("[Answered from docs](http://engine/ask?execution=e), confidence 0.91");
  });

  it("says why an answer was refused", () => {
    const refused = after(["completed", { ...completed, refused: true, reason: "Nothing supports it.", citations: [] }]);
    expect(answerMarkdown(refused, "x")).toContain("Nothing supports it.");
  });
});

describe("withoutEnd", () => {
  it("takes the last word off, or the end of one that is too long for a line", () => {
    expect(withoutEnd("The sea is blue.")).toEqual(["The sea is ", "blue."]);
    expect(withoutEnd("Blue.")).toEqual(["", "Blue."]);
    expect(withoutEnd("")).toEqual(["", ""]);
    const [text, end] = withoutEnd("灯".repeat(60));
    expect([text.length, end.length]).toEqual([40, 20]);
  });
});
