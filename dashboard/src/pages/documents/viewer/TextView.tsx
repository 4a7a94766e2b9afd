import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../../components/Button";
import { formatCount } from "../../../components/format";
import { Loaded } from "../../../components/States";
import { type Span, earlierPiece, laterPiece, markedAround, openedPiece } from "./codepoints";
import { type Place, textQuery } from "./queries";

/** A version's text, or the piece of it around a span, which is marked; more of it on request. */
export function TextView({ place, name, characters, span }: {
  place: Place;
  name: string;
  characters: number;
  span: Span | undefined;
}) {
  const [piece, setPiece] = useState(() => openedPiece(characters, span));
  const { start, end } = span ?? {};
  useEffect(
    () => setPiece(openedPiece(characters, start === undefined || end === undefined ? undefined : { start, end })),
    [characters, start, end, place.documentId, place.number],
  );
  const query = useQuery({ ...textQuery(place, piece), placeholderData: (before) => before });
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
            <MarkedText text={found.text} from={found.start} span={span} />
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

function MarkedText({ text, from, span }: { text: string; from: number; span: Span | undefined }) {
  const mark = useRef<HTMLElement>(null);
  const { before, marked, after } = markedAround(text, from, span);
  useEffect(() => {
    if (marked !== "") mark.current?.scrollIntoView({ block: "center" });
  }, [marked, span?.start, span?.end]);
  return (
    <div className="mx-auto max-w-[72ch] text-base leading-relaxed break-words whitespace-pre-wrap">
      {before}
      {marked && (
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
