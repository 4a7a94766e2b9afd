import { useNavigate } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { queryClient } from "../api/queries";
import { asProblem } from "../api/problem";
import { hasEnded, signInWithKey, signInWithLink } from "../api/session";
import { Button } from "../components/Button";
import { TextField } from "../components/Field";
import { Logo } from "./Logo";
import { signInRoute } from "./routes";

const exchanges = new Map<string, Promise<void>>();

/** Exchange a link's token once, however often the page is drawn. */
function exchange(token: string): Promise<void> {
  const running = exchanges.get(token) ?? signInWithLink(token);
  exchanges.set(token, running);
  return running;
}

function tokenInAddress(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get("token");
}

export function SignIn() {
  const { next } = signInRoute.useSearch();
  const navigate = useNavigate();
  const [token] = useState(tokenInAddress);
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(token !== null);
  const [error, setError] = useState<string | null>(null);

  async function enter(signingIn: Promise<void>, refusal: string) {
    setBusy(true);
    setError(null);
    try {
      await signingIn;
      queryClient.clear();
      await navigate({ href: next ?? "/", replace: true });
    } catch (failure) {
      const problem = asProblem(failure);
      setError(problem.status === 401 || problem.status === 422 ? refusal : problem.message);
      setBusy(false);
    }
  }

  useEffect(() => {
    document.title = "Sign in · MCP Engine";
    if (token === null) return;
    // The token leaves the address bar and the history before anything else happens.
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
    void enter(exchange(token), "This link is older than five minutes, or was used before: then the browser that used it is signed out too. Make a new one: mcp-engine open");
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each token
  }, [token]);

  function submit(event: FormEvent) {
    event.preventDefault();
    void enter(signInWithKey(key.trim()), "This key does not work: it is mistyped, expired or revoked.");
  }

  return (
    <main className="mx-auto flex min-h-full w-full max-w-sm flex-col justify-center gap-6 px-5 py-10">
      <Logo />
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">Sign in</h1>
        <p className="mt-1 text-sm text-muted">
          Open the link that <code className="font-mono text-xs">make up</code> printed, print a new one with{" "}
          <code className="font-mono text-xs">mcp-engine open</code>, or paste an API key.
        </p>
      </div>
      {hasEnded() && token === null && (
        <p role="status" className="rounded-md border border-line bg-surface px-3 py-2 text-sm">
          Your session has ended: it expired, or its API key was revoked.
          {next !== undefined && " Sign in again to go on where you were."}
        </p>
      )}
      <form onSubmit={submit} className="flex flex-col gap-4" aria-busy={busy}>
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          placeholder="mce_…"
          required
          value={key}
          error={error}
          onChange={(event) => setKey(event.target.value)}
        />
        <Button type="submit" look="primary" icon={KeyRound} busy={busy} disabled={key.trim() === ""}>
          {busy ? "Signing in" : "Sign in"}
        </Button>
        <div role="status" aria-live="polite" className="sr-only">
          {busy ? "Signing in" : error}
        </div>
      </form>
      <p className="text-xs text-muted">
        The key is exchanged for a session and not kept in this browser. Signing out ends the session on the server.
      </p>
    </main>
  );
}
