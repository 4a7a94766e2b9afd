/**
 * The browser's session. The access token lives in memory only; the refresh token in IndexedDB.
 *
 * No cookie: cookies ignore ports, so every other web server of this machine that the person visits would
 * be sent it. Storage belongs to one origin, port included, and what is not sent by itself needs no defence
 * against forged requests. Against scripts of others stands the content security policy (this origin's files only).
 *
 * A refresh token works once. Tabs share it, so they take turns under a Web Lock; an answer that is lost
 * because the page goes away meanwhile is repeated: the server lets a used token be repeated for a short
 * while, as long as what it answered was never used.
 *
 * Not in localStorage: tabs are processes with copies of it, and the next holder of the lock may still read what
 * was there before the last one wrote. Whether somebody is signed in may be a moment old, so that stands there, and
 * can be asked for without waiting.
 */
import { createStore, del, get, set } from "idb-keyval";
import { CLIENT } from "./clientName";
import { ApiProblem, problemOf, unreachable } from "./problem";
import type { components } from "./schema";

type SessionOut = components["schemas"]["SessionOut"];

const tokens = createStore("mcp-engine", "session");
const TOKEN_KEY = "refresh_token";
/** "in" while somebody is signed in, "ended" when the server ended that; nothing after signing out. */
const STATE_KEY = "mcp-engine.session";
/** The end of the link that this browser was signed in by. */
const LINK_KEY = "mcp-engine.link";
const LOCK = "mcp-engine.session";
/** An access token is renewed this long before it ends, so that it does not end on its way. */
const MARGIN_MS = 30_000;

interface AccessToken {
  token: string;
  expiresAt: number;
}

let access: AccessToken | null = null;
let refreshing: Promise<string | null> | null = null;
const listeners = new Set<() => void>();

/** Return an access token that is good for a while; null when nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  if (access && access.expiresAt - MARGIN_MS > Date.now()) return access.token;
  refreshing ??= exclusively(refresh).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Forget the access token that the server refused, and return a new one. */
export async function renewedToken(refused: string): Promise<string | null> {
  if (access?.token === refused) access = null;
  return accessToken();
}

/** Return whether a session is stored; whether it still works shows with the first request. */
export function isSignedIn(): boolean {
  return access !== null || localStorage.getItem(STATE_KEY) === "in";
}

/** Return whether the last session ended without the person's signing out: it expired, or its key was revoked. */
export function hasEnded(): boolean {
  return localStorage.getItem(STATE_KEY) === "ended";
}

/** Open a session with an API key. */
export async function signInWithKey(apiKey: string): Promise<void> {
  await exclusively(async () => keep(await post("/api/v1/sessions", { api_key: apiKey })));
  localStorage.removeItem(LINK_KEY);
}

/**
 * Open a session with the token of a sign-in link.
 *
 * The link that this browser is signed in by is not sent again: the server takes a token that is used twice for a
 * stolen one and ends its session.
 */
export async function signInWithLink(token: string): Promise<void> {
  const end = token.slice(-16);
  if (isSignedIn() && localStorage.getItem(LINK_KEY) === end) return;
  await exclusively(async () => keep(await post("/api/v1/sessions/refresh", { refresh_token: token })));
  localStorage.setItem(LINK_KEY, end);
}

/** End the session, here and on the server. */
export async function signOut(): Promise<void> {
  const token = await accessToken().catch(() => null);
  await exclusively(() => forget(null));
  if (token) await fetch("/api/v1/sessions", { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
}

/** Call `listener` when somebody signs in or out, also in another tab; returns how to stop. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function refresh(): Promise<string | null> {
  if (!isSignedIn()) return null;
  const stored = await get<string>(TOKEN_KEY, tokens);
  if (stored === undefined) {
    await forget("ended");
    return null;
  }
  try {
    return await keep(await post("/api/v1/sessions/refresh", { refresh_token: stored }, { "X-MCP-Engine-Client": CLIENT }));
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
    await forget("ended");
    return null;
  }
}

async function keep(session: SessionOut): Promise<string> {
  const wasIn = isSignedIn();
  await set(TOKEN_KEY, session.refresh_token, tokens);
  localStorage.setItem(STATE_KEY, "in");
  access = { token: session.access_token, expiresAt: Date.parse(session.access_expires_at) };
  if (!wasIn) announce();
  return access.token;
}

async function forget(state: "ended" | null): Promise<void> {
  access = null;
  await del(TOKEN_KEY, tokens);
  if (state === null) localStorage.removeItem(STATE_KEY);
  else localStorage.setItem(STATE_KEY, state);
  announce();
}

function announce(): void {
  for (const listener of listeners) listener();
}

/** Run `task` while no other tab does. Without Web Locks (plain http from afar) the server's patience must do. */
async function exclusively<T>(task: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return task();
  return navigator.locks.request(LOCK, task);
}

/** A sign-in is sent without the client's name: it is nothing that a page does by itself, and stays in sight in the log. */
async function post(path: string, body: Record<string, string>, headers: Record<string, string> = {}): Promise<SessionOut> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as SessionOut;
}

window.addEventListener("storage", (event) => {
  if (event.key !== STATE_KEY && event.key !== null) return;
  if (localStorage.getItem(STATE_KEY) !== "in") access = null;
  announce();
});
