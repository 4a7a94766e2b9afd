import { ShieldCheck, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { streamEvents } from "../../api/events";
import { isAbort } from "../../api/problem";
import { Button } from "../../components/Button";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { ErrorState } from "../../components/States";
import { Verdict } from "./Verdict";
import { after, share, type Verification } from "./verification";

/** Verifies the whole log on the server and tells how far it is; leaving the page ends it. */
export function VerifyCard() {
  const { now, run, stop } = useVerification();
  const isRunning = now.state === "running";
  return (
    <Card
      title="Verification"
      actions={
        isRunning ? (
          <Button icon={Square} onClick={stop}>Stop</Button>
        ) : (
          <Button look="primary" icon={ShieldCheck} onClick={() => void run()}>Verify the log</Button>
        )
      }
    >
      <div aria-live="polite" className="text-sm">
        {now.state === "idle" && (
          <p className="text-muted">
            Reads the whole tree, compares every entry with its leaf and every live row with its entry, and the tree with the checkpoint
            that is kept outside the data directory.
          </p>
        )}
        {isRunning && <Progress now={now} />}
        {now.state === "stopped" && <p className="text-muted">Stopped before the end: nothing is said about the log.</p>}
        {now.state === "failed" && <ErrorState error={now.error} onRetry={() => void run()} />}
        {now.state === "done" && <Verdict report={now.report} at={now.at} />}
      </div>
    </Card>
  );
}

function Progress({ now }: { now: Extract<Verification, { state: "running" }> }) {
  const done = Math.round(share(now) * 100);
  return (
    <div className="flex flex-col gap-2">
      <p>
        {now.stage === "leaves" ? "Reading leaves" : "Comparing entries"}: {formatCount(Math.min(now.done, now.total))} of {formatCount(now.total)}
      </p>
      <div
        role="progressbar" aria-label="Verification" aria-valuenow={done} aria-valuemin={0} aria-valuemax={100}
        className="h-1.5 overflow-hidden rounded-full bg-raised"
      >
        <div className="h-full bg-accent transition-[width]" style={{ width: `${done}%` }} />
      </div>
    </div>
  );
}

function useVerification() {
  const [now, setNow] = useState<Verification>({ state: "idle" });
  const stopper = useRef<AbortController | null>(null);
  // The server ends the verification when its client goes away.
  useEffect(() => () => stopper.current?.abort(), []);

  async function run() {
    const controller = new AbortController();
    stopper.current?.abort();
    stopper.current = controller;
    let state: Verification = { state: "running", stage: "leaves", done: 0, total: 0 };
    setNow(state);
    try {
      for await (const event of streamEvents("/api/v1/audit/verify", { signal: controller.signal })) {
        state = after(state, event);
        setNow(state);
      }
      if (state.state === "running") setNow({ state: "failed", error: new Error("The server ended the verification without a report; try again.") });
    } catch (error) {
      setNow(isAbort(error) ? { state: "stopped" } : { state: "failed", error });
    }
  }

  return { now, run, stop: () => stopper.current?.abort() };
}
