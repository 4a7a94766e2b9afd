"""What every chunker keeps to, whatever the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.chunkers.outline import Outline
from rag.chunkers.parent_child import ParentChildChunker
from rag.chunkers.port import MAX_CHARACTERS, Chunker
from rag.chunkers.registry import chunker_for
from rag.chunkers.semantic import SemanticChunker
from rag.chunkers.sentence_window import WindowChunker
from rag.chunkers.structure import StructureChunker
from rag.chunkers.whole_sentences import SentenceChunker
from rag.strategy import Chunking, ChunkingKind
from tests.rag.chunkers.cutting import PIECES, outline_of, text_document

CHUNKERS: dict[ChunkingKind, Callable[[int], Chunker]] = {
    "sentences": lambda limit: SentenceChunker(limit, overlap_sentences=1),
    "sentence_window": lambda limit: WindowChunker(4, 2, limit),
    "structure": StructureChunker,
    "semantic": lambda limit: SemanticChunker(80, 2, limit),
    "parent_child": lambda limit: ParentChildChunker(limit, max(1, limit // 3)),
}
each_chunker = pytest.mark.parametrize("make", CHUNKERS.values(), ids=CHUNKERS)


@each_chunker
@given(PIECES, st.integers(1, 300))
@example("x" * 700 + " y. z.", 50)
@settings(max_examples=60)
def test_chunks_are_exact_bounded_in_order_and_complete(make: Callable[[int], Chunker], text: str, limit: int) -> None:
    outline = outline_of(text_document(text), limit)
    chunks = make(limit).cut(outline)
    place = {span: number for number, span in enumerate(outline.sentences)}
    covered = 0
    for ordinal, one in enumerate(chunks):
        assert one.ordinal == ordinal
        assert (one.sentences[0].start, one.sentences[-1].end) == (one.start, one.end)
        assert 0 < one.end - one.start <= limit or len(one.sentences) == 1
        first = place[one.sentences[0]]
        assert list(one.sentences) == outline.sentences[first : first + len(one.sentences)]
        assert first <= covered < first + len(one.sentences)
        covered = first + len(one.sentences)
        assert not ordinal or chunks[ordinal - 1].start < one.start
    assert covered == len(outline.sentences)


@pytest.mark.slow
@each_chunker
@pytest.mark.parametrize("unit", ["word ", "A. ", "a.\n", "# a\n\n", "```\n\n"])
def test_linear_on_one_thing_repeated(make: Callable[[int], Chunker], unit: str) -> None:
    text = "x" + unit * (100_000 // len(unit))
    chunks = make(MAX_CHARACTERS).cut(outline_of(text_document(text)))
    assert all(one.end - one.start <= MAX_CHARACTERS for one in chunks)


@each_chunker
def test_nothing_makes_no_chunk(make: Callable[[int], Chunker]) -> None:
    assert list(make(MAX_CHARACTERS).cut(outline_of(text_document(" \n\f\t")))) == []


@pytest.mark.parametrize("kind", CHUNKERS)
def test_a_strategy_names_its_chunker(kind: ChunkingKind) -> None:
    chunker = chunker_for(Chunking(kind=kind))
    assert type(chunker) is type(CHUNKERS[kind](MAX_CHARACTERS))
    assert chunker.compares == (kind == "semantic")


def test_what_strategies_have_by_default_is_what_it_was() -> None:
    outline = Outline.of(text_document("One sentence is here. " * 200), 1000)
    assert chunker_for(Chunking()).cut(outline) == SentenceChunker(1000, 1).cut(outline)
