import { describe, expect, it } from "vitest";
import { formatDuration } from "../../components/format";
import { contentText, delta, factRows, numberRows, outputText, segments } from "./compare";
import type { Detail } from "./queries";

const BASE = {
  kind: "prompt_run", status: "succeeded", error_code: null, finish_reason: "stop", artifact: null, model: null, seed: 7,
  parameters: { temperature: 0, stop: [], response_schema: null }, input_tokens: 10, output_tokens: 20, cached_tokens: 0,
  latency_first_token_ms: 100, latency_total_ms: 1100, cost_usd: 0,
} as unknown as Detail;

describe("delta", () => {
  it("says how much, which way, and whether that is better", () => {
    expect(delta(1000, 880, formatDuration, true)).toEqual({ text: "−120 ms (−12 %)", better: true });
    expect(delta(1000, 1004, formatDuration, true)).toEqual({ text: "+4.0 ms (+0.4 %)", better: false });
    expect(delta(0, 5, String, false)).toEqual({ text: "+5", better: null });
    expect(delta(5, 5, String, true)).toEqual({ text: "same", better: null });
  });
});

describe("numberRows", () => {
  it("counts tokens a second from the first on, and leaves open what is not known", () => {
    const rows = new Map(numberRows(BASE, { ...BASE, cost_usd: null, latency_total_ms: 2100 }).map((row) => [row.name, row]));
    expect(rows.get("Tokens a second")).toMatchObject({ left: "20.0", right: "10.0" });
    expect(rows.get("Cost")).toEqual({ name: "Cost", left: "$0", right: "–", delta: null });
  });
});

describe("factRows", () => {
  it("marks what differs, and leaves out what neither has", () => {
    const rows = factRows(BASE, { ...BASE, parameters: { temperature: 0.5, top_p: 0.9 } });
    expect(rows.filter((row) => row.differs).map((row) => row.name)).toEqual(["stop", "temperature", "top_p"]);
    expect(rows.map((row) => row.name)).not.toContain("Error");
  });
});

describe("texts", () => {
  it("are compared as they read", () => {
    expect(contentText({ state: "present", commitment: null, value: { variables: { a: "x", b: 2 } } })).toBe("a: x\nb: 2");
    expect(contentText({ state: "erased", commitment: "c", value: null })).toBe("");
  });

  it("are cut where they differ", () => {
    expect(segments("the red fox", [{ from: 4, to: 7 }, { from: 11, to: 11 }])).toEqual([
      { text: "the ", changed: false }, { text: "red", changed: true }, { text: " fox", changed: false },
    ]);
    expect(segments("", [])).toEqual([]);
  });
});

describe("outputText", () => {
  const ask = { ...BASE, kind: "ask", id: "e", inputs: { state: "present", value: { question: "Why?", collection: "sea" } } };
  const of = (output: object) => outputText({ ...ask, output: { state: "present", value: output } } as unknown as Detail);
  const version = { document: "sea.md", number: 2 };
  it("is the sentences of an answer, and the reason of a refusal", () => {
    const citation = { n: 1, cited_text: "Salt.", version, page: null };
    expect(of({ citations: [citation], passages: [], confidence: 0.5 })).toBe("Salt. [1: sea.md, version 2]\nConfidence 0.50");
    expect(of({ citations: [], passages: [], refused: true, reason: "Nothing near.", confidence: 0.1 })).toBe(
      "Refused. Nothing near.\nConfidence 0.10",
    );
  });
  it("is what is stored for all else", () =>
    expect(outputText({ ...BASE, inputs: { state: "none" }, output: { state: "present", value: "Hello" } } as unknown as Detail)).toBe("Hello"));
});
