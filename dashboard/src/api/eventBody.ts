/** The body of an answer of server-sent events (WHATWG HTML, section 9.2). */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ApiProblem, isProblem } from "./problem";

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** Yield the events in the body of an answer. */
export async function* parsedEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => ready.push(message) });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      for (const message of ready.splice(0)) yield eventOf(message, response);
    }
  } finally {
    // What is left unread is given up: the engine ends the work.
    reader.cancel().catch(() => undefined);
  }
}

function eventOf(message: EventSourceMessage, response: Response): ServerEvent {
  const data: unknown = JSON.parse(message.data);
  if (message.event === "error") throw problemIn(data, response);
  return { event: message.event ?? "message", data };
}

function problemIn(data: unknown, response: Response): ApiProblem {
  const fallback = {
    title: "The stream failed",
    status: 500,
    code: "engine.fault",
    detail: "The engine ended the stream with an error that it did not explain.",
  };
  return new ApiProblem(isProblem(data) ? data : fallback, response.headers.get("X-Request-ID"));
}
