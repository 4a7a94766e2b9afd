/** Follows the log: keeps a stream open, continues it where it broke, and collects what comes. */
import { useEffect, useReducer, useState } from "react";
import { type ApiProblem, asProblem, isAbort } from "../../api/problem";
import { follow, Inbox, type TailState } from "./follow";
import { type Change, EMPTY_TAIL, type Tail, tailReducer } from "./lines";
import type { LogFilter } from "./search";

interface Following {
  tail: Tail;
  change: (change: Change) => void;
  state: TailState;
  problem: ApiProblem | null;
}

/** Follow lines that match `filter`, after the line `after`; undefined waits, null begins now. */
export function useLogTail(filter: LogFilter, after: string | null | undefined): Following {
  const [tail, change] = useReducer(tailReducer, EMPTY_TAIL);
  const [state, setState] = useState<TailState>("connecting");
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const { level, q, event, request, trace } = filter;

  useEffect(() => {
    if (after === undefined) return;
    const controller = new AbortController();
    const inbox = new Inbox((entries) => change({ type: "arrived", entries }));
    change({ type: "clear" });
    setProblem(null);
    void follow({ level, q, event, request, trace }, after ?? undefined, inbox, setState, controller.signal).catch(
      (error: unknown) => {
        if (isAbort(error) || controller.signal.aborted) return;
        setState("failed");
        setProblem(asProblem(error));
      },
    );
    return () => {
      controller.abort();
      inbox.close();
    };
  }, [level, q, event, request, trace, after]);

  return { tail, change, state, problem };
}
