import { expect, it } from "vitest";
import { ApiProblem } from "./problem";
import { parsedEvents, type ServerEvent } from "./eventBody";

/** An answer whose body comes in the given pieces. */
function answer(...pieces: Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return new Response(body, { headers: { "X-Request-ID": "r-1" } });
}

async function all(response: Response): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of parsedEvents(response)) events.push(event);
  return events;
}

const bytes = (text: string) => new TextEncoder().encode(text);

it("reads events however they are cut, also inside a character", async () => {
  const whole = bytes('event: delta\ndata: {"text": "Grüße"}\n\nevent: completed\ndata: {"n": 1}\n\n');
  for (let at = 1; at < whole.length; at += 1) {
    expect(await all(answer(whole.slice(0, at), whole.slice(at)))).toEqual([
      { event: "delta", data: { text: "Grüße" } },
      { event: "completed", data: { n: 1 } },
    ]);
  }
});

it("throws what an error event tells, with the request's id", async () => {
  const problem = { title: "Bad Gateway", status: 502, code: "model.failed", detail: "Repeat." };
  const failed = all(answer(bytes(`event: error\ndata: ${JSON.stringify(problem)}\n\n`)));
  await expect(failed).rejects.toThrow(ApiProblem);
  await expect(failed).rejects.toMatchObject({ code: "model.failed", requestId: "r-1" });
});

it("ends with the answer", async () => expect(await all(answer())).toEqual([]));
