import { useCallback, useEffect, useReducer, useRef } from "react";
import type { Schema } from "../../api/client";
import { streamEvents } from "../../api/events";
import { isAbort } from "../../api/problem";
import { IDLE, reduceRun, type RunState } from "./runState";

export interface RunRequest {
  namespace: string;
  name: string;
  body: Omit<Schema<"RunPrompt">, "stream">;
}

/** Run a prompt and follow its words; leaving the page cancels, as the button does. */
export function useRun(onCompleted: (completed: Schema<"RunCompleted">) => void): {
  state: RunState;
  start: (request: RunRequest) => void;
  cancel: () => void;
} {
  const [state, dispatch] = useReducer(reduceRun, IDLE);
  const running = useRef<AbortController | null>(null);
  const completed = useRef(onCompleted);
  completed.current = onCompleted;

  const cancel = useCallback(() => running.current?.abort(), []);
  useEffect(() => cancel, [cancel]);

  const start = useCallback((request: RunRequest) => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    dispatch({ type: "started" });
    void follow(request, own.signal);

    async function follow({ namespace, name, body }: RunRequest, signal: AbortSignal) {
      const path = `/api/v1/prompts/${encodeURIComponent(name)}/run?namespace=${encodeURIComponent(namespace)}`;
      try {
        for await (const { event, data } of streamEvents(path, { body: { ...body, stream: true }, signal })) {
          if (event === "delta") dispatch({ type: "delta", text: (data as { text: string }).text });
          else if (event === "completed") end(data as Schema<"RunCompleted">);
        }
      } catch (error) {
        // A run that was replaced by the next one has nothing more to say.
        if (running.current === own) dispatch(isAbort(error) || signal.aborted ? { type: "cancelled" } : { type: "failed", error });
      }
    }

    function end(data: Schema<"RunCompleted">) {
      dispatch({ type: "completed", completed: data });
      completed.current(data);
    }
  }, []);

  return { state, start, cancel };
}
