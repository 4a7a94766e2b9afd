/** Server-sent events over POST, which EventSource can't send (WHATWG HTML, section 9.2). */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { send } from "./client";
import { ApiProblem, isProblem } from "./problem";

export interface ServerEvent {
  event: string;
  data: unknown;
}

export interface StreamOptions {
  method?: "GET" | "POST";
  body?: unknown;
  /** Abort it to cancel: the engine ends the work when its client goes away. */
  signal?: AbortSignal;
}

/** Yield the events of `path`; an `error` event and every failure throw `ApiProblem`. */
export async function* streamEvents(path: string, options: StreamOptions = {}): AsyncGenerator<ServerEvent> {
  const { method = "POST", body, signal } = options;
  const response = await send(
    new Request(new URL(path, window.location.origin), {
      method,
      headers: {
        Accept: "text/event-stream",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    }),
  );
  yield* parsedEvents(response);
}

/** Yield the events in the body of an answer. */
export async function* parsedEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (response.body === null) return;
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const data: unknown = JSON.parse(value.data);
      if (value.event === "error") throw problemIn(data, response);
      yield { event: value.event ?? "message", data };
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
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
