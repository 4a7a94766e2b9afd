"""BM25 in the database against an implementation of its own, straight from the formula."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.access import Caller
from rag.index.repository import IndexRepository, LexicalQuery
from rag.lexical import terms
from rag.repository import DocumentRepository
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY, UNICODE

K1, B = 1.2, 0.75


def reference(query: list[str], documents: dict[object, list[str]]) -> dict[object, float]:
    """Return the BM25 score of each document that shares a term, computed one by one."""
    average = sum(map(len, documents.values())) / len(documents)
    scores: dict[object, float] = {}
    for key, words in documents.items():
        counts, score = Counter(words), 0.0
        for term in query:
            holding = sum(term in other for other in documents.values())
            frequency = counts[term]
            idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            score += idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * len(words) / average))
        scores[key] = score
    return scores


async def test_scores_equal_the_formula_over_the_searched_versions_only(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "old.md", OBSERVATORY)
    for name, content in {"old.md": BAKERY, "l.md": LIGHTHOUSE, "o.md": OBSERVATORY, "u.md": UNICODE}.items():
        await workspace.add(caller, name, content)
    query = list(dict.fromkeys(terms("the bakery and the lighthouse keeper in winter, with a telescope of brass")))
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        repository = DocumentRepository(work.session, work.tenant_id)
        collection = await repository.collection("default", "docs")
        assert collection is not None
        vector = np.zeros(384, dtype=np.float32)
        vector[0] = 1
        found = await IndexRepository(work.session).candidates(
            collection.id, vector, LexicalQuery(query, K1, B), limit=50
        )
        texts = await repository.slices([(one.version_id, one.start, one.end) for one in found.found])
    documents: dict[object, list[str]] = {
        (one.version_id, one.ordinal): terms(text or "") for one, text in zip(found.found, texts, strict=True)
    }
    assert found.chunks == len(documents) == collection.chunks
    expected = reference(query, documents)
    assert sum(score > 0 for score in expected.values()) >= 3
    for one in found.found:
        assert math.isclose(one.bm25, expected[one.version_id, one.ordinal], rel_tol=1e-9, abs_tol=1e-12)


def test_words_are_folded_stemmed_and_rid_of_stop_words() -> None:
    assert terms("The Running RUNS, of the ﬁshes") == ["run", "run", "fish"]
    assert terms("Straße 1874 הבית 🚀") == ["strass", "1874", "הבית"]


@given(st.text(max_size=200))
def test_any_text_has_terms_of_bounded_length(text: str) -> None:
    assert all(0 < len(term) <= 64 for term in terms(text))
