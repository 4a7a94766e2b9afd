import { useInfiniteQuery } from "@tanstack/react-query";
import { Copy, type LucideIcon, Unlink } from "lucide-react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { Duplicates, type RemovableDocument } from "./Duplicates";
import { type Finding, type Standing, answersQuery, duplicatesQuery } from "./found";
import { countOf } from "./foundWords";
import type { CollectionSearch } from "./routes";
import { UnsupportedAnswers } from "./UnsupportedAnswers";

interface FindingsProps {
  namespace: string;
  collection: string;
  search: CollectionSearch;
  mayWrite: boolean;
  onChange: (next: Partial<CollectionSearch>) => void;
  onRemove: (document: RemovableDocument) => void;
}

/** What the engine found out about the documents: a line for each, and its list once it is asked for. */
export function Findings({ namespace, collection, search, mayWrite, onChange, onRemove }: FindingsProps) {
  const mayReadAnswers = useCan("executions:read");
  const duplicates = countOf(useInfiniteQuery(duplicatesQuery(namespace, collection)).data);
  const gone = countOf(useInfiniteQuery({ ...answersQuery(namespace, collection, "gone"), enabled: mayReadAnswers }).data);
  const nearly = countOf(useInfiniteQuery({ ...answersQuery(namespace, collection, "nearly"), enabled: mayReadAnswers }).data);
  const toggle = (finding: Finding) => () => onChange({ show: search.show === finding ? undefined : finding, standing: undefined });
  const hasAnswers = gone.count + nearly.count > 0 || search.show === "answers";
  if (duplicates.count === 0 && !hasAnswers && !search.show) return null;
  return (
    <section aria-label="Found by the engine" className="flex flex-col gap-3">
      {(duplicates.count > 0 || search.show === "duplicates") && (
        <Notice icon={Copy} words={duplicateWords(duplicates)} isOpen={search.show === "duplicates"} onToggle={toggle("duplicates")} />
      )}
      {search.show === "duplicates" && <Duplicates {...{ namespace, collection, mayWrite, onRemove }} onOpen={onChange} />}
      {mayReadAnswers && hasAnswers && (
        <Notice icon={Unlink} words={answerWords(gone, nearly)} isOpen={search.show === "answers"} onToggle={toggle("answers")} />
      )}
      {mayReadAnswers && search.show === "answers" && (
        <UnsupportedAnswers
          {...{ namespace, collection }}
          standing={search.standing ?? (gone.count > 0 || nearly.count === 0 ? "gone" : "nearly")}
          onStanding={(standing: Standing) => onChange({ standing })}
          onOpen={onChange}
        />
      )}
    </section>
  );
}

type Count = ReturnType<typeof countOf>;

function duplicateWords({ count, words }: Count): string {
  if (count === 0) return "No documents repeat each other";
  return count === 1 ? "Some documents repeat each other" : `${words} groups of documents repeat each other`;
}

function answerWords(gone: Count, nearly: Count): string {
  if (gone.count > 0) return gone.count === 1 ? "1 answer lost its support" : `${gone.words} answers lost their support`;
  if (nearly.count > 0) return `${nearly.words} ${nearly.count === 1 ? "answer is" : "answers are"} supported only nearly`;
  return "No answer lost its support";
}

function Notice({ icon: Icon, words, isOpen, onToggle }: { icon: LucideIcon; words: string; isOpen: boolean; onToggle: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-line bg-warn-soft px-4 py-2 text-sm text-warn">
      <Icon aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0 grow font-medium" aria-live="polite">
        {words}
      </p>
      <Button className="h-7" aria-expanded={isOpen} aria-label={`${isOpen ? "Hide" : "Show"}: ${words}`} onClick={onToggle}>
        {isOpen ? "Hide" : "Show"}
      </Button>
    </div>
  );
}
