"""The text of an answer: the chosen sentences themselves, or what a model made of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import ModelFailed
from mcp_engine.http.streaming import StreamEvent
from rag.answer_events import cited_event, piece_of, sentence_event, stated_event
from rag.answering import Draft, Sentence, in_reading_order
from rag.citing.citations import citations_of
from rag.composing.composer import Composed, Composer, Stated
from rag.composing.schemas import Composition, Statement
from rag.packing import PackedPassage
from rag.refusal import Refusal
from rag.schemas import Citation, Passage
from rag.sentences import Span
from rag.strategies import ResolvedStrategy
from rag.strategy import Composing


@dataclass(slots=True)
class Written:
    """The text of an answer with its citations, numbered in order of appearance."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list[Citation])
    prose: list[Statement] = field(default_factory=list[Statement])
    composition: Composition | None = None

    def cite(self, citation: Citation) -> Citation:
        """Add a citation, under the next number."""
        added = citation.model_copy(update={"n": len(self.citations) + 1})
        self.citations.append(added)
        return added

    def say(self, piece: str) -> str:
        """Add a piece of text, and return it with the space before it."""
        spaced = f" {piece}" if self.text else piece
        self.text += spaced
        return spaced


class Writer:
    """Writes answers; every citation is read back from the stored version, and found equal, before anything leaves."""

    def __init__(self, database: Database, composer: Composer) -> None:
        self._database = database
        self._composer = composer

    async def write(
        self,
        caller: Caller,
        namespace: str,
        resolved: ResolvedStrategy,
        question: str,
        draft: Draft,
        passages: Sequence[Passage],
        refusal: Refusal | None,
        execution_id: UUID,
    ) -> AsyncGenerator[StreamEvent | Written]:
        """Yield the events of the text, a `citation` before the first `delta` that names it, then all of it.

        A refusal has no text, and citations only of what contradicts each other.

        Raises:
            Gone, Refused: as `citations_of`.
        """
        written = Written()
        composing = resolved.strategy.composing
        if refusal is None and composing is not None:
            chosen = in_reading_order(await self._offered(caller, namespace, resolved, composing, draft, written))
            if chosen:
                citations = await self._citations(caller, chosen, passages)
                stated = self._composer.compose(
                    caller, namespace, composing, question, [one.cited_text for one in citations],
                    best=chosen.index(draft.offered[0]), version=resolved.version, parent_id=execution_id,
                    shown=list(dict.fromkeys(one.version_id for one in chosen)),
                )  # fmt: skip
                async with aclosing(stated):
                    async for event in _composed(composing, citations, written, stated):
                        yield event
        if not written.text and (refusal is None or refusal.shows_citations):
            for citation in await self._citations(caller, draft.sentences, passages):
                for event in _quoted(written, citation, is_said=refusal is None):
                    yield event
        yield written

    async def _offered(
        self,
        caller: Caller,
        namespace: str,
        resolved: ResolvedStrategy,
        composing: Composing,
        draft: Draft,
        written: Written,
    ) -> list[Sentence]:
        """Return what a model is shown, best first, and note how much that is; nothing when that cannot be counted."""
        noted = Composition(kind=composing.kind, is_used=False)
        try:
            offer = await self._composer.offer(
                caller, namespace, composing, [_whole(one) for one in draft.offered], version=resolved.version
            )
        except ModelFailed as error:
            written.composition = noted.model_copy(update={"error_code": error.code})
            return []
        written.composition = noted.model_copy(update=dict(offer.packing))
        return [draft.offered[place] for place in offer.places]

    async def _citations(
        self, caller: Caller, sentences: Sequence[Sentence], passages: Sequence[Passage]
    ) -> list[Citation]:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await citations_of(work, sentences, passages)


def _whole(sentence: Sentence) -> PackedPassage:
    return PackedPassage(sentence.version_id, sentence.start, sentence.text, [Span(sentence.start, sentence.end)])


async def _composed(
    composing: Composing, citations: Sequence[Citation], written: Written, stated: AsyncGenerator[Stated | Composed]
) -> AsyncGenerator[StreamEvent]:
    numbers: dict[int, int] = {}
    async for one in stated:
        if isinstance(one, Composed):
            assert written.composition is not None
            written.composition = written.composition.model_copy(
                update={
                    "is_used": bool(written.text), "cut": one.cut, "completed": one.completed,
                    "error_code": one.error_code,
                }
            )  # fmt: skip
        elif composing.kind == "order":
            for event in _quoted(written, citations[one.sources[0]], is_said=True):
                yield event
        else:
            for place in one.sources:
                if place not in numbers:
                    added = written.cite(citations[place])
                    numbers[place] = added.n
                    yield cited_event(added)
            statement = Statement(text=one.text, citations=[numbers[place] for place in one.sources])
            written.prose.append(statement)
            yield stated_event(written.say(statement.marked), statement)


def _quoted(written: Written, citation: Citation, *, is_said: bool) -> list[StreamEvent]:
    """Return the events of one sentence that is cited word for word."""
    added = written.cite(citation)
    if not is_said:
        return [cited_event(added)]
    return [cited_event(added), sentence_event(written.say(piece_of(added)))]
