/** Server-sent events over POST, which EventSource can't send (WHATWG HTML, section 9.2). */
import { send } from "./client";
import { parsedEvents, type ServerEvent } from "./eventBody";

export type { ServerEvent } from "./eventBody";

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
