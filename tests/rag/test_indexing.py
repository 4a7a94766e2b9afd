"""What each way of cutting makes of a document that is added, found, cited and explained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from mcp_engine.access import Caller
from rag.embedding import MiniLMEmbedder, Vectors
from rag.indexing import index_of
from rag.parsing.formats.dispatch import parse
from rag.schemas import Passage
from rag.strategy import KIND, Chunking
from rag.why.schemas import WhyRequest
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

PLACES = f"{LIGHTHOUSE}\n{BAKERY}\n{OBSERVATORY}"
WHO = "Who built the lighthouse of Karsund?"


class Counting:
    """The bundled embedder, and what it was asked to embed."""

    def __init__(self, embedder: MiniLMEmbedder) -> None:
        self._embedder = embedder
        self.name, self.digest, self.dimensions = embedder.name, embedder.digest, embedder.dimensions
        self.provider, self.weights_digest = embedder.provider, embedder.weights_digest
        self.texts: list[str] = []

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return await self._embedder.embed_queries(texts)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return await self._embedder.embed_passages(texts)


async def ignored(done: int, total: int) -> None:
    assert done <= total


async def use(workspace: Workspace, caller: Caller, chunking: dict[str, Any]) -> None:
    body = {"chunking": chunking}
    await workspace.artifacts.push(caller, KIND, "default", "default", body, "", ["production"])


async def found(workspace: Workspace, caller: Caller, query: str = WHO, limit: int = 20) -> list[Passage]:
    return await workspace.documents.search(caller, "default", "docs", query, limit)


async def test_sentences_that_decide_where_to_cut_are_embedded_once(embedder: MiniLMEmbedder) -> None:
    document = parse(PLACES.encode(), filename="a.md")
    counting = Counting(embedder)
    index = await index_of(document, Chunking(kind="semantic", breakpoint_percentile=80), counting, ignored)
    sentences = {document.text[a:b] for one in index.chunks for a, b in zip(one.starts, one.ends, strict=True)}
    assert len(counting.texts) == len(sentences) + len(index.chunks)
    assert all(len(one.vectors) == len(one.starts) * counting.dimensions for one in index.chunks)


async def test_a_header_is_embedded_and_its_words_are_searched_if_wanted(embedder: MiniLMEmbedder) -> None:
    text = "# Karsund\n\n" + "The tower stands on a cliff. " * 12 + "\n\n" + "Ships pass at night. " * 12
    document = parse(text.encode(), filename="a.md")
    counting = Counting(embedder)
    options = Chunking(kind="structure", max_characters=400, contextual_headers=True)
    index = await index_of(document, options, counting, ignored)
    second = index.chunks[-1]
    assert document.text[second.start : second.end].startswith("Ships")
    assert f"Karsund\n\n{document.text[second.start : second.end]}" in counting.texts
    assert list(index.postings["karsund"].ordinals) == [0]
    worded = await index_of(document, options.model_copy(update={"header_terms": True}), counting, ignored)
    assert list(worded.postings["karsund"].ordinals) == [one.ordinal for one in worded.chunks]
    assert [(one.start, one.end) for one in worded.chunks] == [(one.start, one.end) for one in index.chunks]


@pytest.mark.parametrize("kind", ["sentence_window", "structure", "semantic", "parent_child"])
async def test_every_kind_is_searched_and_cited(workspace: Workspace, caller: Caller, kind: str) -> None:
    await use(workspace, caller, {"kind": kind, "max_characters": 400, "contextual_headers": True})
    added = await workspace.add(caller, "places.md", PLACES)
    for passage in await found(workspace, caller):
        assert passage.text == PLACES[passage.start : passage.end]
        assert len(passage.text) <= 400
    answer = await workspace.asking.answer(caller, "default", "docs", WHO)
    assert answer.citations[0].cited_text == PLACES[answer.citations[0].start : answer.citations[0].end]
    assert "Ingrid Solberg" in answer.text
    assert added.document.latest.id == answer.citations[0].version.version_id


async def test_children_are_found_and_their_parent_is_shown_once(workspace: Workspace, caller: Caller) -> None:
    await use(workspace, caller, {"kind": "parent_child", "max_characters": 600, "child_characters": 120})
    await workspace.add(caller, "places.md", PLACES)
    passages = await found(workspace, caller)
    assert any(len(one.text) > 300 for one in passages)
    in_order = sorted(passages, key=lambda one: one.start)
    assert all(one.end <= other.start for one, other in pairwise(in_order))
    assert passages[0].text.startswith("# The lighthouse of Karsund")
    # A sentence of another child of the same parent can be cited.
    answer = await workspace.asking.answer(
        caller, "default", "docs", "When was the lamp of Karsund lit with whale oil?"
    )
    assert answer.citations
    shown = next(one for one in answer.passages if one.start <= answer.citations[0].start < one.end)
    assert answer.citations[0].end <= shown.end


async def test_why_explains_the_passage_around_a_child(workspace: Workspace, caller: Caller) -> None:
    await use(workspace, caller, {"kind": "parent_child", "max_characters": 600, "child_characters": 120})
    await workspace.add(caller, "places.md", PLACES)
    for words in ("The lighthouse of Karsund was built", "supplies came by sledge"):
        wanted = WhyRequest(question=WHO, document="places.md", text=words)
        why = await workspace.why.explain(caller, "default", "docs", wanted)
        assert why.text == PLACES[why.start : why.end]
        assert words in why.text
        assert why.dropped_at in (None, "sentences")
