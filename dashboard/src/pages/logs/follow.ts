/** Keeps a stream of log lines going. */
import { streamEvents } from "../../api/events";
import { ApiProblem } from "../../api/problem";
import type { Entry, LogLine } from "./lines";
import { type LogFilter, streamPath } from "./search";

export type TailState = "connecting" | "live" | "waiting" | "failed";

const FLUSH_MS = 120;
/** Before the next request: after an orderly end, then after each failure in a row. */
const RETRY_MS = [100, 500, 1_000, 2_000, 5_000];

let gapCount = 0;

/** Hands entries on in small batches: a busy engine must not draw the page for each line. */
export class Inbox {
  private entries: Entry[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly deliver: (entries: readonly Entry[]) => void) {}

  put(entry: Entry): void {
    this.entries.push(entry);
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = undefined;
    const entries = this.entries;
    this.entries = [];
    this.deliver(entries);
  }
}

/**
 * Bring lines into `inbox` until `signal` aborts: a stream that ends or breaks is continued where it was.
 *
 * Rejects with what the engine refuses for good, such as a missing scope.
 */
export async function follow(
  filter: LogFilter,
  after: string | undefined,
  inbox: Inbox,
  setState: (state: TailState) => void,
  signal: AbortSignal,
): Promise<void> {
  let position = after;
  for (let failures = 0; ; ) {
    try {
      setState(failures === 0 ? "connecting" : "waiting");
      for await (const { event, data } of streamEvents(streamPath(filter, position), { method: "GET", signal })) {
        failures = 0;
        setState("live");
        position = received(event, data, inbox) ?? position;
      }
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      failures += 1;
      setState("waiting");
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!, signal);
  }
}

/** Take one event; return the position to continue from, when it has one. */
function received(event: string, data: unknown, inbox: Inbox): string | undefined {
  if (event === "line") {
    const line = data as LogLine;
    inbox.put(line);
    return line.id;
  }
  if (event === "dropped") {
    gapCount += 1;
    inbox.put({ gap: (data as { lines: number | null }).lines, id: `gap-${gapCount}` });
    return undefined;
  }
  return (data as { position?: string }).position;
}

/** What the engine refuses it refuses again; anything else may pass, such as a restart. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.status === 0 || error.status === 429 || error.status >= 500;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
