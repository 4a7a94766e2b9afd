import { FileText } from "lucide-react";
import { classes } from "../../components/classes";
import { withoutPageBreaks } from "../../components/format";
import type { Passage } from "./queries";
import { excerptOf, piecesOf } from "./words";

/** A passage: where it stands, what it says, and how near it is by meaning and by words. */
export function PassageCard({ passage, rank, words, isSelected, onOpen }: {
  passage: Passage;
  rank: number;
  words: string;
  isSelected: boolean;
  onOpen: () => void;
}) {
  const { version, page } = passage;
  return (
    <article
      aria-current={isSelected ? "true" : undefined}
      className={classes(
        "rounded-lg border bg-surface p-3.5",
        isSelected ? "border-accent-ink shadow-[inset_0_0_0_1px_var(--accent-ink)]" : "border-line",
      )}
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span aria-hidden className="w-5 text-right text-xs text-faint">
          {rank}
        </span>
        <button type="button" onClick={onOpen} className="flex min-w-0 items-center gap-1.5 font-medium hover:underline">
          <FileText aria-hidden className="size-4 shrink-0 text-muted" />
          <span className="truncate">{version.document}</span>
        </button>
        <span className="text-muted">
          v{version.number}
          {page !== null && `, page ${page}`}
        </span>
        <span className="basis-full" />
        <span aria-hidden className="w-5" />
        <Score label="relevance" value={passage.score} hint="Meaning and words together, from 0 to 1, whether or not it answers" />
        <Score label="meaning" value={passage.similarity} hint="Cosine of the meaning" />
        <Score label="words" value={passage.bm25} digits={1} hint="BM25 of the words" />
      </div>
      <p className="mt-1.5 pl-7 text-sm leading-relaxed break-words">
        {piecesOf(excerptOf(withoutPageBreaks(passage.text), words), words).map((piece, index) =>
          piece.isFound ? (
            <mark key={index} className="rounded-[2px] bg-mark text-ink">
              {piece.text}
            </mark>
          ) : (
            piece.text
          ),
        )}
      </p>
    </article>
  );
}

function Score({ label, value, digits = 2, hint }: { label: string; value: number; digits?: number; hint: string }) {
  return (
    <span title={hint} className="text-xs whitespace-nowrap text-muted">
      {label} <span className="font-mono text-ink">{value.toFixed(digits)}</span>
    </span>
  );
}
