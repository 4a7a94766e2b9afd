/** Asking, and finding an earlier answer again by its execution. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, call } from "../../api/client";
import { streamEvents } from "../../api/events";
import { asProblem, isAbort } from "../../api/problem";
import { type AnswerSoFar, advanced, asked, recorded } from "./answer";
import type { Filters } from "./narrowing";

export function executionQuery(id: string) {
  return queryOptions({
    queryKey: ["executions", "detail", id],
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: id } }, signal })),
    // One that runs is looked at until it has ended.
    refetchInterval: ({ state }) => (state.data?.status === "running" ? 1_000 : false),
  });
}

export interface Question {
  namespace: string;
  collection: string;
  question: string;
  strategy: string;
  filters: Filters | null;
  /** The answer that this goes on from, by its execution. */
  follows?: string | undefined;
}

export interface Asking {
  /** The answer to show: the one that is being given, or that of the execution in the URL. */
  answer: AnswerSoFar | null;
  error: unknown;
  isLoading: boolean;
  ask: (question: Question) => void;
  stop: () => void;
}

/** `onStarted` is told the execution as soon as there is one, and `onDone` the finished answer. */
export function useAnswer(
  execution: string | undefined,
  onStarted: (executionId: string) => void,
  onDone: (answer: AnswerSoFar) => void,
): Asking {
  const client = useQueryClient();
  const [live, setLive] = useState<AnswerSoFar | null>(null);
  const running = useRef<AbortController | null>(null);
  const isLive = live !== null && (live.executionId === null || live.executionId === execution);
  const query = useQuery({ ...executionQuery(execution ?? ""), enabled: execution !== undefined && !isLive });

  // Who leaves the page gives the answer up.
  useEffect(() => () => running.current?.abort(), []);

  const ask = useCallback(
    async ({ namespace, collection, question, strategy, filters, follows }: Question) => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      let answer = asked(question, collection, strategy, follows, filters);
      setLive(answer);
      try {
        const path = `/api/v1/ask?namespace=${encodeURIComponent(namespace)}`;
        const body = { question, collection, strategy, filters, follows, stream: true };
        for await (const event of streamEvents(path, { body, signal: control.signal })) {
          answer = advanced(answer, { kind: "event", event });
          setLive(answer);
          if (event.event === "retrieval" && answer.executionId) onStarted(answer.executionId);
        }
        void client.invalidateQueries({ queryKey: ["executions"] });
        onDone(answer);
      } catch (error) {
        if (running.current !== control) return;
        const next = isAbort(error) ? { kind: "stopped" as const } : { kind: "failed" as const, problem: asProblem(error) };
        setLive(advanced(answer, next));
      }
    },
    [client, onStarted, onDone],
  );

  return {
    answer: isLive ? live : query.data ? recorded(query.data) : null,
    error: isLive ? null : query.error,
    isLoading: !isLive && execution !== undefined && query.isPending,
    ask: (question) => void ask(question),
    stop: () => running.current?.abort(),
  };
}
