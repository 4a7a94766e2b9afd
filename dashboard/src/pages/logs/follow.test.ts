import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ServerEvent, streamEvents } from "../../api/events";
import { ApiProblem, unreachable } from "../../api/problem";
import { follow, Inbox, type TailState } from "./follow";
import { type Entry, isGap } from "./lines";

vi.mock("../../api/events", () => ({ streamEvents: vi.fn() }));

type Step = ServerEvent | Error;
const line = (id: string): ServerEvent => ({ event: "line", data: { id } });

/** Let each request in turn bring these events; the one after the last stays open. */
function answers(...streams: Step[][]): void {
  let turn = 0;
  vi.mocked(streamEvents).mockImplementation(async function* (_path, { signal } = {}) {
    const steps = streams[turn++];
    for (const step of steps ?? []) {
      if (step instanceof Error) throw step;
      yield step;
    }
    if (steps === undefined) await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason as Error)));
  });
}

describe("following the log", () => {
  let entries: Entry[];
  let states: TailState[];
  let controller: AbortController;

  beforeEach(() => {
    vi.useFakeTimers();
    entries = [];
    states = [];
    controller = new AbortController();
  });
  afterEach(() => vi.useRealTimers());

  function start(after?: string): Promise<void> {
    const inbox = new Inbox((more) => entries.push(...more));
    return follow({ q: "x", own: true }, after, inbox, (state) => states.push(state), controller.signal);
  }

  const paths = () => vi.mocked(streamEvents).mock.calls.map(([path]) => path);

  async function stop(following: Promise<void>): Promise<void> {
    controller.abort(new DOMException("stop", "AbortError"));
    await expect(following).rejects.toThrow("stop");
  }

  it("continues after the last line when the engine ends a stream or the network breaks", async () => {
    vi.mocked(streamEvents).mockClear();
    answers(
      [{ event: "open", data: { position: "5" } }, line("7"), { event: "end", data: { position: "9" } }],
      [line("11"), unreachable()],
      [unreachable()],
    );
    const following = start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(paths()).toEqual(["", "&after=9", "&after=11", "&after=11"].map((rest) => `/api/v1/logs/stream?text=x${rest}`));
    expect(entries.map(({ id }) => id)).toEqual(["7", "11"]);
    expect(states).toContain("waiting");
    await stop(following);
  });

  it("marks where lines are missing", async () => {
    answers([line("1"), { event: "dropped", data: { lines: 4 } }, line("9"), { event: "dropped", data: { lines: null } }]);
    const following = start("0");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entries.map((entry) => (isGap(entry) ? entry.gap : entry.id))).toEqual(["1", 4, "9", null]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(4);
    await stop(following);
  });

  it("gives up on what the engine refuses", async () => {
    answers([new ApiProblem({ title: "Forbidden", status: 403, code: "access.scope_missing", detail: "Ask an owner." })]);
    await expect(start()).rejects.toThrow("Ask an owner.");
  });
});
