/** Following durable jobs by their events. */
import { useEffect, useState } from "react";
import { streamEvents } from "../../api/events";
import type { Job } from "./progress";

/** How many streams one page holds open: a browser has six connections to a server for everything. */
export const FOLLOWED = 3;

/** The jobs among `ids` (the first few of them) as they go on; `onFinished` is called once for each that ends. */
export function useJobs(ids: readonly string[], onFinished: () => void): ReadonlyMap<string, Job> {
  const [jobs, setJobs] = useState<ReadonlyMap<string, Job>>(new Map());
  const followed = ids.slice(0, FOLLOWED).join(" ");

  useEffect(() => {
    const stop = new AbortController();
    async function follow(id: string) {
      try {
        for await (const { data } of streamEvents(`/api/v1/jobs/${id}/events`, { method: "GET", signal: stop.signal })) {
          setJobs((before) => new Map(before).set(id, data as Job));
        }
        if (!stop.signal.aborted) onFinished();
      } catch {
        // Lists are asked again every few seconds anyway: a stream that breaks costs smoothness only.
      }
    }
    for (const id of followed.split(" ").filter(Boolean)) void follow(id);
    return () => stop.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new callback is no reason to connect again
  }, [followed]);

  return jobs;
}
