"""Lets a model write an answer from chosen sentences, and cuts what they do not bear out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import EngineError
from mcp_engine.prompts.schemas import RunCompleted
from mcp_engine.telemetry.tracing import span, tracer
from rag import support
from rag.composing.bearing import bearing
from rag.composing.claims import Claim, read_claims, read_order
from rag.composing.schemas import CutStatement
from rag.lexical import terms
from rag.packing import PackedPassage, PackedSpan, pack
from rag.packing_report import PackingReport, packing_report
from rag.pinned_prompts import PinnedPrompts
from rag.strategy import Composing

COMPOSE_RUN: Final = "compose"
"""The kind of execution that a composition is recorded as."""
_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence of the answer, and the places of the sources that bear it out."""

    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """The places of the sentences that the model is shown, best first, and what that comes to in tokens."""

    places: list[int]
    packing: PackingReport


@dataclass(slots=True)
class Composed:
    """How it ended.

    Args:
        error_code: of the model's run, where that failed; what was stated before stays.
        completed: the model left out the sentence that most probably answers, and it was added.
    """

    cut: list[CutStatement] = field(default_factory=list[CutStatement])
    error_code: str | None = None
    completed: bool = False


class Composer:
    """Writes answers; stateless."""

    def __init__(self, prompts: PinnedPrompts) -> None:
        self._prompts = prompts

    async def offer(
        self,
        caller: Caller,
        namespace: str,
        composing: Composing,
        sentences: Sequence[PackedPassage],
        *,
        version: ResolvedVersion | None = None,
    ) -> Offer:
        """Return what of `sentences`, best first, fits into the tokens of `composing`; nothing when the best does not.

        Raises:
            NotFound: the prompt does not exist.
            ModelFailed: `model.tokenizer_failed`.
        """
        counter = await self._prompts.tokens(caller, namespace, composing.prompt, version)
        packed = await asyncio.to_thread(pack, sentences, composing.budget_tokens, counter, _lines, apart=True)
        report = packing_report(packed, composing.budget_tokens, counter)
        return Offer([one.passage for one in packed.spans], report)

    async def compose(
        self,
        caller: Caller,
        namespace: str,
        composing: Composing,
        question: str,
        sources: Sequence[str],
        *,
        best: int,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
        shown: Sequence[UUID] = (),
    ) -> AsyncGenerator[Stated | Composed]:
        """Yield the sentences of the answer, each as soon as it is written and checked, then how it ended.

        A model that fails ends the answer with what it has so far; the sources themselves are an answer without it.

        Args:
            sources: the sentences that were chosen; what is stated names them by their places here.
            best: the place of the one that most probably answers: it always stands in the answer, for the decision that
                there is one rests on it.
            version: of the strategy, whose lock pins the prompt's version.
            parent_id: the execution of the question.
            shown: the document versions of the sources: who may not read one, may not read the run.

        Raises:
            NotFound: the prompt does not exist.
        """
        values = {"question": question, "sentences": _numbered(sources)}
        checking, end = _Checking(sources), Composed()
        with span(_tracer, "compose"):
            events = self._prompts.run(
                caller, namespace, composing.prompt, values,
                kind=COMPOSE_RUN, version=version, parent_id=parent_id, shown=shown,
            )  # fmt: skip
            written = ""
            try:
                async with aclosing(events):
                    async for event in events:
                        is_whole = isinstance(event, RunCompleted)
                        written = event.output if is_whole else written + event.text
                        if composing.kind == "prose":
                            for stated in checking.stated(written, is_whole=is_whole):
                                yield stated
            except EngineError as error:
                end.error_code = error.code
        if composing.kind == "order":
            for number in read_order(written, len(sources)):
                yield checking.quoted(number - 1)
        if checking.said and checking.lacks(question, best):
            end.completed = True
            yield checking.quoted(best)
        end.cut = checking.cut
        yield end


class _Checking:
    """What of one text was stated and cut so far."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = sources
        self._read = 0
        self._terms: set[str] = set()
        self._cited: set[int] = set()
        self.said: list[str] = []
        self.cut: list[CutStatement] = []

    def stated(self, written: str, *, is_whole: bool) -> Iterator[Stated]:
        """Yield what stays of the sentences that are new in `written`."""
        claims = read_claims(written, is_whole=is_whole)
        for claim in claims[self._read :]:
            found = self._checked(claim)
            if isinstance(found, Stated):
                self._say(found)
                yield found
            elif found not in self.cut:
                self.cut.append(found)
        self._read = max(self._read, len(claims))

    def quoted(self, place: int) -> Stated:
        """Return a source as it stands, without a check."""
        stated = Stated(self._sources[place], (place,))
        self._say(stated)
        return stated

    def lacks(self, question: str, best: int) -> bool:
        """Return whether the best source, or what was asked for (such as a date) and stands in it, was left out."""
        if best not in self._cited:
            return True
        asked = support.holds_kind(question, self._sources[best])
        return asked and not any(support.holds_kind(question, text) for text in self.said)

    def _say(self, stated: Stated) -> None:
        self.said.append(stated.text)
        self._terms.update(terms(stated.text))
        self._cited.update(stated.sources)

    def _checked(self, claim: Claim) -> Stated | CutStatement:
        named = [mark - 1 for mark in claim.marks if mark <= len(self._sources) and mark > 0]
        found = bearing(claim.text, self._sources, named)
        if isinstance(found, str):
            return CutStatement(text=claim.text, fault=found)
        if self._terms.issuperset(terms(claim.text)):
            return CutStatement(text=claim.text, fault="repeated")
        return Stated(claim.text, found)


def _numbered(sentences: Iterable[str]) -> str:
    """Return sentences as the prompt shows them: a line each, with its number, from 1, in square brackets."""
    return "\n".join(f"[{number}] {' '.join(text.split())}" for number, text in enumerate(sentences, start=1))


def _lines(spans: Sequence[PackedSpan]) -> str:
    return _numbered(span.text for span in spans)
