import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, EMPTY, isInferred, moved, newMessage, withType, withVariable } from "./draft";

const inferred = { type: "object", properties: { term: { type: "string" }, items: {} }, required: ["items", "term"] };

describe("bodyOf", () => {
  it("makes the same body again of what it was made from", () => {
    const body = {
      type: "chat" as const,
      messages: [{ role: "system" as const, content: "Be {{ tone }}." }, { role: "user" as const, content: "{{ q }}" }],
      variables: { type: "object", properties: { tone: { type: "string", enum: ["kind"] }, q: { type: "string" } }, required: ["q"] },
      model: "local",
      parameters: { max_tokens: 9 } as never,
      output_schema: { type: "object" },
      description: "Answers.",
      tags: ["a", "b"],
    };
    expect(bodyOf(draftOf(body))).toEqual({ body, faults: {} });
  });
  it("leaves inferred variables to the engine, so that new ones are found", () => {
    const draft = draftOf({ type: "text", template: "{{ term }}", variables: inferred });
    expect(draft.variables).toBe("");
    expect(bodyOf(draft).body).toEqual({ type: "text", template: "{{ term }}" });
  });
  it("says what is no JSON yet, and goes on without it", () => {
    const { body, faults } = bodyOf({ ...EMPTY, template: "x", variables: "{", outputSchema: "[]" });
    expect(body).toEqual({ type: "text", template: "x" });
    expect(Object.keys(faults)).toEqual(["variables", "outputSchema"]);
  });
  it("reads tags apart at spaces and commas", () => expect(bodyOf({ ...EMPTY, tags: " a, b  c" }).body.tags).toEqual(["a", "b", "c"]));
});

describe("isInferred", () => {
  it("knows what the engine infers", () => {
    expect(isInferred(inferred)).toBe(true);
    expect(isInferred({ ...inferred, required: ["term"] })).toBe(false);
    expect(isInferred({ ...inferred, additionalProperties: false })).toBe(false);
    expect(isInferred({ type: "object", properties: { n: { type: "integer" } }, required: ["n"] })).toBe(false);
  });
});

describe("withType", () => {
  it("keeps the text on the way to a chat and back", () => {
    const chat = withType({ ...EMPTY, template: "Hello" }, "chat");
    expect(chat.messages.map((message) => [message.role, message.content])).toEqual([["user", "Hello"]]);
    expect(withType(chat, "text").template).toBe("Hello");
  });
});

describe("messages", () => {
  const [a, b, c] = [newMessage("system", "a"), newMessage("user", "b"), newMessage("user", "c")];
  it("move, and stop at the ends", () => {
    expect(moved([a, b, c], 2, -1)).toEqual([a, c, b]);
    expect(moved([a, b, c], 0, 1)).toEqual([b, a, c]);
    expect(moved([a, b, c], 0, -1)).toEqual([a, b, c]);
  });
});

describe("withVariable", () => {
  it("declares a variable as a required text", () => {
    const schema = JSON.parse(withVariable('{"type": "object", "properties": {"a": {}}, "required": ["a"]}', "b")) as unknown;
    expect(schema).toEqual({ type: "object", properties: { a: {}, b: { type: "string" } }, required: ["a", "b"] });
  });
  it("begins a schema", () => expect(JSON.parse(withVariable("", "b"))).toMatchObject({ required: ["b"] }));
});
