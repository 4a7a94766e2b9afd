/**
 * Typed calls of the REST API: `await call(api.GET("/api/v1/prompts", { params: { query: { namespace } } }))`.
 *
 * Every failure is an `ApiProblem`. The types come from openapi.json (`make dashboard` writes them again).
 */
import createClient from "openapi-fetch";
import { CLIENT } from "./clientName";
import { problemOf, unreachable } from "./problem";
import type { components, paths } from "./schema";
import { accessToken, renewedToken } from "./session";

/** A named schema of the API: `Schema<"PromptSummary">`. */
export type Schema<Name extends keyof components["schemas"]> = AsRead<components["schemas"][Name]>;

/** A type as openapi-fetch gives it in answers: tuples are arrays of what is in them. */
type AsRead<T> = T extends (infer Item)[] ? AsRead<Item>[] : T extends object ? { [Key in keyof T]: AsRead<T[Key]> } : T;

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: (request) => send(request) });

/** Return the body of a 2xx answer, or throw its `ApiProblem`. */
export async function call<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  return (await answer).data as T;
}

/**
 * Send a request as the person who is signed in, and return its 2xx answer.
 *
 * For what openapi-fetch does not do: downloads, uploads and streams. A 401 is tried once more with a new token.
 */
export async function send(request: Request): Promise<Response> {
  const token = await accessToken();
  const again = request.clone();
  let response = await exchange(request, token);
  if (response.status === 401 && token !== null) {
    response = await exchange(again, await renewedToken(token));
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function exchange(request: Request, token: string | null): Promise<Response> {
  request.headers.set("X-MCP-Engine-Client", CLIENT);
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    // Who gave up the request wants to see that, not a failure of the network.
    if (request.signal.aborted) throw error;
    throw unreachable();
  }
}
