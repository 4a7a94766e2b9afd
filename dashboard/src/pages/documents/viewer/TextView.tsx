import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../../components/Button";
import { formatCount, withoutPageBreaks } from "../../../components/format";
import { Loaded } from "../../../components/States";
import { type Span, earlierPiece, laterPiece, markedAround, openedPiece } from "./codepoints";
import { type Place, textQuery } from "./queries";

/** A version's text, or the piece of it around a span, which is marked; more of it on request. */
export function TextView({ place, name, characters, span, from }: {
  place: Place;
  name: string;
  characters: number;
  span: Span | undefined;
  /** Where to begin without a span, such as at the page that was open. */
  from: number;
}) {
  const { start, end } = span ?? { start: from, end: from };
  const [piece, setPiece] = useState(() => openedPiece(characters, { start, end }));
  useEffect(
    () => setPiece(openedPiece(characters, { start, end })),
    [characters, start, end, place.documentId, place.number],
  );
  const query = useQuery({ ...textQuery(place, piece), placeholderData: keepPreviousData });
  return (
    <div role="region" aria-label={`Text of ${name}`} tabIndex={0} className="min-h-0 grow overflow-auto px-5 py-4">
      <Loaded query={query}>
        {(found) => (
          <>
            {found.start > 0 && (
              <More
                label="Show what stands before"
                left={found.start}
                onClick={() => setPiece(earlierPiece(found))}
              />
            )}
            <MarkedText text={withoutPageBreaks(found.text)} from={found.start} span={{ start, end }} />
            {found.end < found.characters && (
              <More
                label="Show more"
                left={found.characters - found.end}
                onClick={() => setPiece(laterPiece(found, characters))}
              />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

function MarkedText({ text, from, span }: { text: string; from: number; span: Span }) {
  const mark = useRef<HTMLElement>(null);
  const { before, marked, after } = markedAround(text, from, span);
  const isThere = marked !== "" || before !== "";
  useEffect(() => {
    if (isThere) mark.current?.scrollIntoView({ block: marked === "" ? "start" : "center" });
  }, [isThere, marked, span.start, span.end]);
  return (
    <div className="mx-auto max-w-[72ch] text-base leading-relaxed break-words whitespace-pre-wrap">
      {before}
      {marked === "" ? (
        <span ref={mark} />
      ) : (
        <mark ref={mark} data-highlight="" className="rounded-[3px] bg-mark px-px text-ink outline-1 outline-mark-line">
          {marked}
        </mark>
      )}
      {after}
    </div>
  );
}

function More({ label, left, onClick }: { label: string; left: number; onClick: () => void }) {
  return (
    <div className="flex items-center justify-center gap-2 py-3 text-xs text-muted">
      <Button onClick={onClick}>{label}</Button>
      {formatCount(left)} characters
    </div>
  );
}
