"""A corpus that is copied into the database is searched like one that was indexed."""

from __future__ import annotations

import numpy as np
from sqlalchemy import make_url

from benchmarks.search_corpus import Corpus
from benchmarks.search_store import store
from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from rag.embedding import normalised
from rag.retrieval import Question, retrieve
from rag.strategy import Retrieval

TEXTS = [f"Ship {number} of the line {place} arrived." for place in ("north", "south") for number in range(30)]


async def test_a_copied_corpus_is_found_by_its_vectors_and_its_words(
    database: Database, owner_url: str, caller: Caller
) -> None:
    chance = np.random.default_rng(1)
    vectors = normalised(chance.normal(size=(len(TEXTS), 384)).astype(np.float32))
    corpus = Corpus(TEXTS, vectors, ["Which ship of the south arrived?"], vectors[:1], "own")
    passages, wanted = corpus.passages(40, seed=2)
    place = store(make_url(owner_url), caller.tenant_id, "copied", corpus, passages, wanted, chunks_a_document=7)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        question = Question.of("Which ship of the south arrived?", wanted[11])
        hits = await retrieve(work.session, place.collection_id, question, Retrieval(dense_weight=1), 10)
    found = {(hit.candidate.version_id, hit.candidate.ordinal): hit for hit in hits.best}
    nearest = found[place.chunks[11]]
    assert nearest.candidate.similarity > 0.99
    assert len(nearest.candidate.starts) == len(nearest.sentence_similarities) == len(passages[11].sentences)
    assert hits.weights.keys() >= {"ship", "south", "arriv"}
