"""Passages that differ, and searches of some documents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.access import Caller
from rag.embedding import DIMENSIONS, Vectors, normalised
from rag.index.repository import IndexRepository
from rag.repository import DocumentRepository
from rag.retrieval import Hits, Question, diversified, retrieve
from rag.strategy import Filters, Retrieval
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

SCORES = st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=12)


def some_vectors(count: int, seed: int) -> Vectors:
    """Vectors in three groups, so that some are much alike."""
    chance = np.random.default_rng(seed)
    groups = chance.normal(size=(3, 8))[chance.integers(0, 3, count)]
    return normalised((groups + 0.1 * chance.normal(size=(count, 8))).astype(np.float32))


@given(SCORES, st.floats(0, 1), st.integers(1, 15), st.integers(0, 100))
def test_each_passage_adds_the_most_to_those_before_it(
    scores: list[float], relevance: float, limit: int, seed: int
) -> None:
    ordered = sorted(scores, reverse=True)
    vectors = some_vectors(len(ordered), seed)
    chosen = diversified(np.array(ordered), vectors, relevance, limit)
    assert len(chosen) == len(set(chosen)) == min(limit, len(ordered))
    for number, one in enumerate(chosen):
        past = chosen[:number]

        def gain(of: int) -> float:
            alike = max((float(vectors[of] @ vectors[other]) for other in past), default=0.0)  # noqa: B023
            return relevance * ordered[of] - (1 - relevance) * alike

        assert gain(one) >= max(gain(other) for other in range(len(ordered)) if other not in past) - 1e-6


@given(SCORES, st.integers(1, 15), st.integers(0, 100))
def test_relevance_alone_keeps_the_order(scores: list[float], limit: int, seed: int) -> None:
    ordered = np.array(sorted(scores, reverse=True))
    assert diversified(ordered, some_vectors(len(ordered), seed), 1.0, limit) == list(range(min(limit, len(ordered))))


async def searched(
    workspace: Workspace, caller: Caller, question: str, options: Retrieval, limit: int, filters: Filters | None = None
) -> Hits:
    (vector,) = await workspace.embedder.embed_queries([question])
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        collection = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
        assert collection is not None
        return await retrieve(work.session, collection.id, Question.of(question, vector), options, limit, filters)


async def test_a_search_of_some_documents_finds_as_many_candidates_as_one_of_all(
    workspace: Workspace, caller: Caller
) -> None:
    for number in range(12):
        await workspace.add(caller, f"near/{number}.md", f"{LIGHTHOUSE}\n\nThis is copy {number}.")
    wanted = [(await workspace.add(caller, f"far/{number}.md", BAKERY + f"\n\nCopy {number}.")) for number in range(3)]
    options = Retrieval(candidates=3)
    question = "Who built the lighthouse of Karsund?"
    everything = await searched(workspace, caller, question, options, 8)
    assert everything.among is None
    far = {one.document.latest.id for one in wanted}
    assert not far & {version for version, _ in everything.candidates.near}
    found = await searched(workspace, caller, question, options, 8, Filters(documents=("far/*",)))
    assert found.among == far
    assert {version for version, _ in found.candidates.near} == far
    assert len(found.best) == 3
    strategy = Retrieval(candidates=3, filters=Filters(documents=("far/*",)))
    both = await searched(workspace, caller, question, strategy, 8, Filters(documents=("*/1.md",)))
    assert [hit.candidate.version_id for hit in both.best] == [wanted[1].document.latest.id]
    nothing = await searched(workspace, caller, question, strategy, 8, Filters(documents=("near/*",)))
    assert (nothing.best, nothing.fused, nothing.among) == ([], [], frozenset())
    # How rare a word is stays that of the collection.
    assert found.weights == everything.weights


async def test_passages_that_differ_come_before_copies(workspace: Workspace, caller: Caller) -> None:
    for number in range(4):
        await workspace.add(caller, f"{number}.md", LIGHTHOUSE.replace("41", str(41 + number)))
    other = await workspace.add(caller, "other.md", OBSERVATORY)
    question = "How high is the lighthouse of Karsund?"
    plain = await searched(workspace, caller, question, Retrieval(), 2)
    assert other.document.latest.id not in [hit.candidate.version_id for hit in plain.best]
    differing = await searched(workspace, caller, question, Retrieval(mmr=0.3), 2)
    assert [hit.candidate.version_id for hit in differing.best][1] == other.document.latest.id
    assert differing.best[0] == differing.fused[0]
    same = await searched(workspace, caller, question, Retrieval(mmr=1), 2)
    assert [hit.place for hit in same.best] == [hit.place for hit in plain.best]


async def test_vectors_of_chunks_come_in_the_order_asked_for(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)
    hits = await searched(workspace, caller, "Who built the lighthouse?", Retrieval(), 8)
    (vector,) = await workspace.embedder.embed_queries(["Who built the lighthouse?"])
    places = [hit.place for hit in hits.fused]
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for order in (places, places[::-1]):
            vectors = await IndexRepository(work.session).chunk_vectors(order)
            assert vectors.shape == (len(order), DIMENSIONS)
            by_place = dict(zip(order, (vectors @ vector).tolist(), strict=True))
            assert by_place == pytest.approx({hit.place: hit.candidate.similarity for hit in hits.fused}, abs=1e-5)
