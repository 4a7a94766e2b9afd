/** Following durable jobs by their events. */
import { useEffect, useRef, useState } from "react";
import { streamEvents } from "../../api/events";
import type { Job } from "./progress";

/** How many streams one page holds open: a browser has six connections to a server for everything. */
const FOLLOWED = 3;

/** The jobs among `ids` (the first few of them) as they go on; `onFinished` is called once for each that ends. */
export function useJobs(ids: readonly string[], onFinished: () => void): ReadonlyMap<string, Job> {
  const [jobs, setJobs] = useState<ReadonlyMap<string, Job>>(new Map());
  const streams = useRef(new Map<string, AbortController>());
  const latest = useRef(onFinished);
  latest.current = onFinished;
  const followed = ids.slice(0, FOLLOWED).join(" ");

  useEffect(() => {
    async function follow(id: string, stop: AbortController) {
      try {
        for await (const { data } of streamEvents(`/api/v1/jobs/${id}/events`, { method: "GET", signal: stop.signal })) {
          setJobs((before) => new Map(before).set(id, data as Job));
        }
        if (!stop.signal.aborted) latest.current();
      } catch {
        // Lists are asked again every few seconds anyway: a stream that breaks costs smoothness only.
      }
    }
    const wanted = new Set(followed.split(" ").filter(Boolean));
    for (const [id, stop] of streams.current) {
      if (wanted.has(id)) continue;
      stop.abort();
      streams.current.delete(id);
    }
    for (const id of wanted) {
      if (streams.current.has(id)) continue;
      const stop = new AbortController();
      streams.current.set(id, stop);
      void follow(id, stop);
    }
  }, [followed]);

  useEffect(() => {
    const open = streams.current;
    return () => {
      for (const stop of open.values()) stop.abort();
      open.clear();
    };
  }, []);

  return jobs;
}
