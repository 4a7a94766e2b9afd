"""Packed postings give the sums that the formula of BM25 says."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.postings import FoundTerm, LexicalQuery, LexicalScores, Postings, terms_by_chunk
from rag.indexing import postings
from rag.lexical import idf

Collection = dict[UUID, list[list[str]]]
WORDS = "abcde"
CHUNKS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=4)
COLLECTIONS = st.dictionaries(st.uuids(), CHUNKS, max_size=4)


def scores_of(collection: Collection, query: LexicalQuery) -> LexicalScores:
    """Return the scores as the database's rows would give them."""
    indexed = {version: postings(chunks) for version, chunks in collection.items()}
    found = list[FoundTerm]()
    for term in query.terms:
        packed = {version: terms[term].packed() for version, terms in indexed.items() if term in terms}
        if packed:
            versions = b"".join(version.bytes for version in packed)
            found.append(FoundTerm(term, versions, [len(one) for one in packed.values()], b"".join(packed.values())))
    count, average = size_of(collection)
    return LexicalScores(found, query, chunks=count, average=average)


def size_of(collection: Collection) -> tuple[int, float]:
    lengths = [len(chunk) for chunks in collection.values() for chunk in chunks]
    return len(lengths), max(sum(lengths) / max(len(lengths), 1), 1.0)


def formula(collection: Collection, query: LexicalQuery) -> dict[tuple[UUID, int], float]:
    count, average = size_of(collection)
    chunks = {(version, place): chunk for version, own in collection.items() for place, chunk in enumerate(own)}
    holding = Counter(term for chunk in chunks.values() for term in set(chunk))
    return {
        key: sum(
            idf(count, holding[term])
            * chunk.count(term)
            * (query.k1 + 1)
            / (chunk.count(term) + query.k1 * (1 - query.b + query.b * len(chunk) / average))
            for term in query.terms
            if term in chunk
        )
        for key, chunk in chunks.items()
    }


@given(COLLECTIONS, st.lists(st.sampled_from(WORDS + "xy"), unique=True), st.floats(0, 3), st.floats(0, 1))
def test_scores_are_those_of_the_formula(collection: Collection, terms: list[str], k1: float, b: float) -> None:
    query = LexicalQuery(terms, k1, b)
    scores, wanted = scores_of(collection, query), formula(collection, query)
    for key, score in wanted.items():
        assert scores.of(*key) == pytest.approx(score)
    positive = sorted((key for key, score in wanted.items() if score > 0), key=lambda key: (-scores.of(*key), key))
    for limit in (0, 1, 3, 100):
        assert scores.best(limit) == positive[:limit]
    held = {term: sum(term in chunk for own in collection.values() for chunk in own) for term in terms}
    assert scores.holding == {term: count for term, count in held.items() if count}


@given(COLLECTIONS, st.lists(st.sampled_from(WORDS), unique=True, min_size=1), st.integers(0, 4))
def test_the_best_of_some_versions_are_chosen_among_those(collection: Collection, terms: list[str], count: int) -> None:
    scores = scores_of(collection, LexicalQuery(terms, 1.2, 0.75))
    among = set(list(collection)[:count])
    everything = scores.best(1000)
    wanted = [place for place in everything if place[0] in among]
    assert scores.best(1000, among) == wanted
    assert scores.best(2, among) == wanted[:2]
    for place in wanted:
        own = scores.of(*place)
        assert scores.rank(*place) == sum(scores.of(*other) >= own for other in everything)
        assert scores.rank(*place, among) == sum(scores.of(*other) >= own for other in wanted)
    assert scores.rank(UUID(int=0), 0, among) is None


def test_what_is_not_there_scores_nothing() -> None:
    version, other = UUID(int=1), UUID(int=2)
    scores = scores_of({version: [["a"], ["b"]]}, LexicalQuery(["a"], 1.2, 0.75))
    assert scores.of(version, 0) > 0
    assert (scores.of(version, 1), scores.of(version, 9), scores.of(other, 0)) == (0, 0, 0)
    assert scores_of({}, LexicalQuery([], 1.2, 0.75)).best(5) == []


def test_counts_beyond_what_fits_stay_the_largest_that_does() -> None:
    packed = Postings([7], [10**6], [10**6]).packed()
    scores = LexicalScores(
        [FoundTerm("a", UUID(int=1).bytes, [len(packed)], packed)],
        LexicalQuery(["a"], 1.2, 0.75),
        chunks=1,
        average=9.0,
    )
    assert scores.of(UUID(int=1), 7) > 0


@given(CHUNKS)
def test_the_terms_of_chunks_come_back_from_their_postings(chunks: list[list[str]]) -> None:
    found = terms_by_chunk((term, one.packed()) for term, one in postings(chunks).items())
    assert {place: Counter(terms) for place, terms in found.items()} == {
        place: Counter(terms) for place, terms in enumerate(chunks) if terms
    }
