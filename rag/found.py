"""What a search found, ready to be answered from: hits with their texts, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering import Excerpt
from rag.hits import Hit
from rag.passages import excerpts_of
from rag.repository import DocumentRepository
from rag.retrieval import Hits
from rag.schemas import Passage, PassageRank
from rag.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits of a search; `passages` and `texts` are theirs, in the same order."""

    hits: Hits
    passages: list[Passage]
    texts: list[Excerpt]

    def ordered(self, places: Sequence[int], scores: Sequence[float], said: Sequence[float | None]) -> Found:
        """Return the same in another order.

        Args:
            places: of every hit, best first.
            scores: of each hit in the old order, 0..1; what was said of it by `said`.
        """
        best: list[Hit] = [replace(self.hits.best[place], score=scores[place]) for place in places]
        passages = [
            self.passages[place].model_copy(
                update={
                    "score": round(scores[place], 6),
                    "reranked": PassageRank(
                        rank_before=place + 1, score_before=self.passages[place].score, score=said[place]
                    ),
                }
            )
            for place in places
        ]
        return Found(replace(self.hits, best=best), passages, [self.texts[place] for place in places])

    def first(self, limit: int) -> Found:
        """Return the best of it, which is shown."""
        return Found(replace(self.hits, best=self.hits.best[:limit]), self.passages[:limit], self.texts[:limit])


async def found_with(repository: DocumentRepository, hits: Hits) -> Found:
    """Return hits with their texts; raises what `excerpts_of` raises."""
    passages, texts = await excerpts_of(repository, hits.best)
    return Found(hits, passages, texts)


def retrieved(strategy: Strategy) -> int:
    """Return how many passages are retrieved: those that are shown, or more where a model chooses among them."""
    shown = strategy.retrieval.passages
    return shown if strategy.reranking is None else max(shown, strategy.reranking.candidates)
