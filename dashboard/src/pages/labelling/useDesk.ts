import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { asProblem } from "../../api/problem";
import { announce } from "../../components/Live";
import { type Desk, EMPTY_DESK, fresh, next } from "./desk";
import { giveLabel, nextRows } from "./queries";

const AHEAD = 12;
const FEW = 6;
const MOST = 50;

interface Working {
  desk: Desk;
  error: unknown;
  /** More rows are on their way. */
  isLoading: boolean;
  reload: () => void;
  judge: (passed: boolean) => void;
  skip: () => void;
  undo: () => void;
}

/** Rows to judge: verdicts are shown at once and sent one after the other, the next rows are fetched ahead. */
export function useDesk(evaluationId: string, scorer: string): Working {
  const [desk, take] = useReducer(next, EMPTY_DESK);
  const [error, setError] = useState<unknown>(null);
  const [isLoading, setLoading] = useState(true);
  // One after the other: a second verdict on a row must not overtake the first.
  const sending = useRef<Promise<unknown>>(Promise.resolve());
  const isAsking = useRef(false);

  const load = useCallback(
    (limit: number) => {
      if (isAsking.current) return;
      isAsking.current = true;
      setLoading(true);
      // Verdicts first: rows that they are about would come again.
      void sending.current
        .then(() => nextRows(evaluationId, scorer, limit))
        .then((queue) => {
          take({ kind: "received", queue });
          setError(null);
        }, setError)
        .finally(() => {
          isAsking.current = false;
          setLoading(false);
        });
    },
    [evaluationId, scorer],
  );
  useEffect(() => load(AHEAD), [load]);

  const has = desk.waiting.length;
  const needsMore = desk.isLoaded && error === null && !isLoading && fresh(desk) < FEW && has < desk.left && has < MOST;
  useEffect(() => {
    if (needsMore) load(Math.min(MOST, has + AHEAD));
  }, [needsMore, has, load]);

  function judge(passed: boolean) {
    const item = desk.waiting[0];
    if (item === undefined) return;
    const earlier = desk.again;
    take({ kind: "judged", passed });
    sending.current = sending.current.then(() =>
      giveLabel(evaluationId, scorer, item.position, passed).catch((failure: unknown) => {
        announce(`The verdict was not stored: ${asProblem(failure).message}`, "bad");
        take({ kind: "failed", item, earlier });
      }),
    );
  }

  return {
    desk, error, isLoading, reload: () => load(AHEAD), judge,
    skip: () => take({ kind: "skipped" }), undo: () => take({ kind: "undone" }),
  };
}
