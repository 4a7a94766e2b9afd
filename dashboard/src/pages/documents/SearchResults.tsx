import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Card } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { PassageCard } from "./PassageCard";
import { type Passage, passageKey, searchQuery } from "./queries";

/** What a search found: passages with their scores; one opens beside them where it stands. */
export function SearchResults({ namespace, collection, query: words, selected, onOpen }: {
  namespace: string;
  collection: string;
  query: string;
  selected: string | undefined;
  onOpen: (passage: Passage) => void;
}) {
  const query = useQuery(searchQuery(namespace, collection, words));
  return (
    <Loaded query={query}>
      {(passages) =>
        passages.length === 0 ? (
          <Card>
            <EmptyState icon={SearchX} title="Nothing found">
              The collection has no searchable passages yet.
            </EmptyState>
          </Card>
        ) : (
          <ol aria-label="Passages, best first" className="flex flex-col gap-2">
            {passages.map((passage, index) => (
              <li key={passageKey(passage)}>
                <PassageCard
                  passage={passage}
                  rank={index + 1}
                  words={words}
                  isSelected={passageKey(passage) === selected}
                  onOpen={() => onOpen(passage)}
                />
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}
