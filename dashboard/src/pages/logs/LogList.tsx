import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { Badge, type Tone } from "../../components/Badge";
import { classes } from "../../components/classes";
import { formatCount } from "../../components/format";
import { LoadMore } from "../../components/LoadMore";
import { type Entry, type Gap, isGap, type LogLine, summary, timeOfDay } from "./lines";

const ROW_HEIGHT = 30;
const NEAR_THE_TOP = 24;
const NEAR_THE_END = 20;
const TONES: Record<string, Tone> = { warning: "warn", error: "bad", critical: "bad", info: "accent" };

interface LogListProps {
  /** The newest first. */
  entries: readonly Entry[];
  selected: string | undefined;
  onSelect: (id: string) => void;
  /** Whether the newest line is in sight; set it to go there. */
  atTop: boolean;
  onAtTop: (atTop: boolean) => void;
  older: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Lines in a scrolling area that draws the visible ones only, and fetches older ones near its end. */
export function LogList({ entries, selected, onSelect, atTop, onAtTop, older }: LogListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => entries[index]!.id,
    overscan: 10,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const selectedIndex = selected === undefined ? -1 : entries.findIndex((entry) => entry.id === selected);

  useEffect(() => {
    if (selectedIndex >= 0) virtualizer.scrollToIndex(selectedIndex, { align: "auto" });
    // When another line is chosen; not when new lines move the one that is.
  }, [selected]);
  useEffect(() => {
    if (atTop && selected === undefined) scroller.current?.scrollTo({ top: 0 });
  }, [atTop, selected]);
  const isNearTheEnd = last >= entries.length - NEAR_THE_END;
  useEffect(() => {
    if (isNearTheEnd && older.hasNextPage && !older.isFetchingNextPage) older.fetchNextPage();
  }, [isNearTheEnd, older]);

  return (
    <div
      ref={scroller}
      role="region"
      aria-label="Log lines"
      tabIndex={0}
      onScroll={(event) => onAtTop(event.currentTarget.scrollTop < NEAR_THE_TOP)}
      className="h-[max(20rem,calc(100dvh-15.5rem))] overflow-auto focus-visible:-outline-offset-2 @container"
    >
      <ol className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const entry = entries[item.index]!;
          return (
            <li
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className="absolute inset-x-0 border-b border-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {isGap(entry) ? (
                <MissingLines gap={entry} />
              ) : (
                <Line line={entry} isSelected={entry.id === selected} onSelect={onSelect} />
              )}
            </li>
          );
        })}
      </ol>
      <LoadMore query={older} />
    </div>
  );
}

function Line({ line, isSelected, onSelect }: { line: LogLine; isSelected: boolean; onSelect: (id: string) => void }) {
  return (
    <button
      type="button"
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onSelect(line.id)}
      className={classes(
        "flex min-h-7.5 w-full items-center gap-x-3 px-4 py-1 text-left text-xs focus-visible:-outline-offset-2 @max-2xl:flex-wrap",
        isSelected ? "bg-accent-soft" : "hover:bg-hover",
      )}
    >
      <time dateTime={line.time} className="w-22 shrink-0 font-mono text-muted">
        {timeOfDay(line.time)}
      </time>
      <span className="w-17 shrink-0">
        <Badge tone={TONES[line.level] ?? "neutral"}>{line.level}</Badge>
      </span>
      <span className="shrink-0 font-medium @2xl:w-44 @2xl:truncate">{line.event}</span>
      <span className="min-w-0 grow truncate font-mono text-muted @max-2xl:w-full">{summary(line)}</span>
      {line.process !== "server" && <Badge className="@max-2xl:hidden">{line.process}</Badge>}
    </button>
  );
}

function MissingLines({ gap }: { gap: Gap }) {
  return (
    <p className="flex min-h-7.5 items-center bg-warn-soft px-4 py-1 text-xs text-warn">
      {gap.gap === null
        ? "Lines are missing here: they were so old that the engine had removed them."
        : `${formatCount(gap.gap)} ${gap.gap === 1 ? "line is" : "lines are"} missing here: more came at once than this page keeps.`}
    </p>
  );
}
