import { useSyncExternalStore } from "react";
import { formatAgo, formatMoment } from "./format";

const TICK_MS = 15_000;
/** A moment that is further ahead than the tick can lag, or two clocks differ, is to come. */
const LAG_MS = 60_000;
let tick = Date.now();

function subscribe(listener: () => void): () => void {
  tick = Date.now();
  const timer = setInterval(() => {
    tick = Date.now();
    listener();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** A moment as its distance from now, past or to come, with the exact time on hover and for machines. */
export function TimeAgo({ at }: { at: string }) {
  const now = useSyncExternalStore(subscribe, () => tick);
  const moment = Date.parse(at);
  return (
    <time dateTime={at} title={formatMoment(at)} className="whitespace-nowrap">
      {formatAgo(at, moment - now > LAG_MS ? now : Math.max(now, moment))}
    </time>
  );
}
