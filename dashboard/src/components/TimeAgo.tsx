import { useSyncExternalStore } from "react";
import { formatAgo, formatMoment } from "./format";

const TICK_MS = 15_000;
let tick = Date.now();

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    tick = Date.now();
    listener();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** A moment as its distance from now, with the exact time on hover and for machines. */
export function TimeAgo({ at }: { at: string }) {
  const now = useSyncExternalStore(subscribe, () => tick);
  return (
    <time dateTime={at} title={formatMoment(at)} className="whitespace-nowrap">
      {formatAgo(at, Math.max(now, Date.parse(at)))}
    </time>
  );
}
