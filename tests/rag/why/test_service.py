"""What became of a passage is what asking really did with it, stage by stage."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError
from rag.repository import DocumentRepository
from rag.retrieval import Hits, Question, retrieve
from rag.sample.workspace import sample_documents
from rag.schemas import Answer
from rag.strategy import KIND, Filters, Strategy
from rag.why.repository import WhyRepository
from rag.why.schemas import (
    AnswerStage,
    CandidatesStage,
    DiversityStage,
    FilterStage,
    FusionStage,
    SentencesStage,
    Why,
    WhyRequest,
)
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

SAMPLE = ("1790-george-washington.md", "1823-james-monroe.md", "1941-franklin-d-roosevelt.pdf")
QUESTIONS = (
    "What are the four essential human freedoms?",
    "Are the American continents subjects for future colonization by European powers?",
    "What is the boiling point of tungsten?",
)
STRATEGIES: dict[str, dict[str, Any]] = {
    "default": {},
    "few": {"retrieval": {"candidates": 5, "passages": 3}, "answering": {"max_sentences": 1}},
    "ranks": {"retrieval": {"candidates": 8, "fusion": "rrf", "mmr": 0.5, "passages": 4}},
    "markdown": {"retrieval": {"filters": {"media_types": ["text/*"]}, "candidates": 20}},
}
WHO = "Who built the lighthouse of Karsund?"
BUILT = "The lighthouse of Karsund was built in 1874"


async def ask_for(workspace: Workspace, caller: Caller, document: str, **request: Any) -> Why:
    wanted = WhyRequest(**{"question": WHO, "document": document, **request})
    return await workspace.why.explain(caller, "default", "docs", wanted)


async def really(workspace: Workspace, caller: Caller, question: str, strategy: Strategy) -> Hits:
    (vector,) = await workspace.embedder.embed_queries([question])
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        collection = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
        assert collection is not None
        options = strategy.retrieval
        return await retrieve(work.session, collection.id, Question.of(question, vector), options, options.passages)


async def every_chunk(workspace: Workspace, caller: Caller) -> list[tuple[str, tuple[UUID, int], int, int]]:
    """Return document, place, start and end of each chunk of the collection."""
    (vector,) = await workspace.embedder.embed_queries(["x"])
    listed = await workspace.documents.list(caller, "default", "docs", None, 100)
    found: list[tuple[str, tuple[UUID, int], int, int]] = []
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for document in listed.items:
            chunks = await WhyRepository(work.session).chunks(document.latest.id, vector, None)
            found += [(document.name, one.place, one.start, one.end) for one in chunks]
    return found


def check(why: Why, place: tuple[UUID, int], hits: Hits, answer: Answer) -> None:
    """Assert that each stage says what the real lists say."""
    fused = [hit.place for hit in hits.fused]
    best = [hit.place for hit in hits.best]
    cited = [one for one in answer.citations if (one.version.version_id) == place[0]]
    inside = [one.n for one in cited if why.start <= one.start and one.end <= why.end]
    for stage in why.stages:
        passed = stage.outcome == "passed"
        match stage:
            case FilterStage():
                assert passed == (hits.among is None or place[0] in hits.among)
            case CandidatesStage(dense=dense, lexical=lexical):
                assert passed == (place in fused)
                assert dense.found == (place in hits.candidates.near) == (dense.rank <= len(hits.candidates.near))
                assert lexical.found == (place in hits.candidates.worded)
                assert (lexical.rank is None) == (lexical.bm25 == 0)
            case FusionStage(rank=rank):
                assert fused[rank - 1] == place
                assert passed == (stage.last_score is None or place in best)
            case DiversityStage(position=position):
                assert passed == (place in best) == (position is not None)
                assert position is None or best[position - 1] == place
            case SentencesStage(sentences=sentences):
                chosen = [one for one in sentences if one.verdict == "chosen"]
                assert passed == bool(chosen)
                assert answer.refused or len(chosen) == len(inside)
            case AnswerStage(refused=refused):
                assert passed == (not refused) == (not answer.refused)
                assert stage.citations == inside
                assert (stage.confidence, stage.reason_code) == (answer.confidence, answer.reason_code)
                assert stage.note == (answer.reason if refused else stage.note)
    assert (why.dropped_at is None) == bool(inside)
    assert why.dropped_at is None or why.stages[-1].stage == why.dropped_at


@pytest.mark.slow
async def test_every_verdict_is_what_asking_did(workspace: Workspace, caller: Caller) -> None:
    documents = sample_documents()
    for name in SAMPLE:
        await workspace.add(caller, name, documents[name].read_bytes())
    chunks = await every_chunk(workspace, caller)
    assert len(chunks) > 30
    dropped = set[str | None]()
    for name, body in STRATEGIES.items():
        if name != "default":
            await workspace.artifacts.push(caller, KIND, "default", name, body, "")
        for question in QUESTIONS:
            answer = await workspace.asking.answer(caller, "default", "docs", question, name)
            hits = await really(workspace, caller, question, Strategy.model_validate(body))
            best = {hit.place for hit in hits.best}
            for document, place, start, end in [one for one in chunks if one in chunks[::4] or one[1] in best]:
                why = await ask_for(workspace, caller, document, question=question, strategy=name, start=start, end=end)
                assert (why.start, why.end, why.version.version_id) == (start, end, place[0])
                check(why, place, hits, answer)
                dropped.add(why.dropped_at)
    assert dropped == {None, "filters", "candidates", "fusion", "diversity", "sentences", "answer"}


async def test_the_expected_words_decide_which_passage_is_meant(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    why = await ask_for(workspace, caller, "lighthouse.md", text="the  LIGHTHOUSE of\nKarsund was built")
    assert why.dropped_at is None
    assert BUILT in why.text
    [stage] = [one for one in why.stages if isinstance(one, SentencesStage)]
    [expected] = [one for one in stage.sentences if one.expected]
    assert (expected.verdict, LIGHTHOUSE[expected.start : expected.end]) == ("chosen", expected.text)
    late = await ask_for(workspace, caller, "lighthouse.md", text="supplies came by sledge")
    assert late.dropped_at == "sentences"
    [stage] = [one for one in late.stages if isinstance(one, SentencesStage)]
    assert [one.verdict for one in stage.sentences if one.expected] == ["below_floor"]
    assert {one.verdict for one in stage.sentences if one.text.startswith("#")} == {"no_statement"}
    await workspace.add(caller, "spaced.md", "What is (1+1) * 2?\n\nIt is 4\N{NO-BREAK SPACE}metres [sic] and\n\tmore.")
    spaced = await ask_for(workspace, caller, "spaced.md", text="4 metres [SIC] and more.")
    assert "[sic]" in spaced.text
    document_id = str(why.version.document_id)
    by_id = await ask_for(workspace, caller, document_id)
    assert by_id.dropped_at is None
    assert by_id.version == why.version


async def test_the_scores_of_a_passage_that_was_not_found_are_exact(workspace: Workspace, caller: Caller) -> None:
    for name, content in {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY, "observatory.md": OBSERVATORY}.items():
        await workspace.add(caller, name, content)
    await workspace.artifacts.push(caller, KIND, "default", "one", {"retrieval": {"candidates": 1}}, "")
    wide = await ask_for(workspace, caller, "bakery.md", text="rye bread")
    narrow = await ask_for(workspace, caller, "bakery.md", text="rye bread", strategy="one")
    assert (wide.dropped_at, narrow.dropped_at) != ("candidates", None)
    sides = [next(one for one in why.stages if isinstance(one, CandidatesStage)) for why in (wide, narrow)]
    assert narrow.dropped_at == "candidates"
    assert sides[1].outcome == "dropped"
    assert not sides[1].dense.found
    assert sides[1].dense.rank == sides[0].dense.rank > 1
    assert sides[1].dense.similarity == sides[0].dense.similarity < (sides[1].dense.last_similarity or 0)
    assert sides[1].lexical.words_missing == ["built", "lighthouse", "karsund"]
    assert (sides[1].lexical.bm25, sides[1].lexical.rank) == (0, None)
    assert "Neither" in sides[1].note


async def test_each_filter_that_keeps_a_document_out_is_named(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    body = {"retrieval": {"filters": {"documents": ["*.txt"]}}}
    await workspace.artifacts.push(caller, KIND, "default", "texts", body, "")
    filters = Filters(media_types=("application/pdf",), until=None)
    why = await ask_for(workspace, caller, "lighthouse.md", strategy="texts", filters=filters)
    assert why.dropped_at == "filters"
    [stage] = why.stages
    assert isinstance(stage, FilterStage)
    assert stage.failed == ["documents", "media_types"]
    passing = await ask_for(workspace, caller, "lighthouse.md", filters=Filters(documents=("*.md",)))
    assert passing.stages[0].note == "The document passes the filters."


async def test_each_condition_on_metadata_that_keeps_a_document_out_is_named(
    workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.metadata.replace(caller, added.document.id, {"team": "ops", "year": 1874})
    fits = [{"key": "team", "one_of": ["ops"]}, {"key": "year", "at_least": 1800}]
    fails = [{"key": "team", "one_of": ["dev", "1"]}, {"key": "year", "at_least": 1900, "at_most": 1999}]
    filters = Filters.model_validate({"documents": ["*.txt"], "metadata": [*fits, *fails]})
    [stage] = (await ask_for(workspace, caller, "lighthouse.md", filters=filters)).stages
    assert isinstance(stage, FilterStage)
    assert (stage.failed, stage.metadata) == (["documents", "metadata"], list(filters.metadata[2:]))
    assert stage.note == (
        "The document is filtered out: its name fits none of the patterns; its metadata does not say that team is "
        '"dev" or "1"; its metadata does not say that year is at least 1900 and at most 1999.'
    )
    passing = Filters.model_validate({"metadata": fits})
    assert (await ask_for(workspace, caller, "lighthouse.md", filters=passing)).dropped_at != "filters"


async def test_a_refusal_says_what_its_confidence_is_made_of(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    why = await ask_for(workspace, caller, "lighthouse.md", question="Who repaired the lighthouse clock in Paris?")
    answer = await workspace.asking.answer(caller, "default", "docs", "Who repaired the lighthouse clock in Paris?")
    strict = {"answering": {"threshold": 1}}
    await workspace.artifacts.push(caller, KIND, "default", "strict", strict, "")
    refused = await ask_for(workspace, caller, "lighthouse.md", text=BUILT, strategy="strict")
    assert refused.dropped_at == "answer"
    stage = refused.stages[-1]
    assert isinstance(stage, AnswerStage)
    assert (stage.refused, stage.threshold, stage.citations) == (True, 1, [])
    assert stage.evidence
    assert all(-1 <= value <= 1 for value in stage.evidence.values())
    assert (why.dropped_at == "answer") == answer.refused or why.dropped_at == "sentences"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"document": "nothing.md"}, "document.not_found"),
        ({"document": "00000000-0000-4000-8000-000000000000"}, "document.not_found"),
        ({"document": "lighthouse.md", "text": "words that stand nowhere"}, "why.text_not_found"),
        ({"document": "lighthouse.md", "text": "(built in"}, "why.text_not_found"),
        ({"document": "lighthouse.md", "text": "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))}, "why.text_not_found"),
        ({"document": "lighthouse.md", "text": "[\\d+* " * 140}, "why.text_not_found"),
        ({"document": "lighthouse.md", "text": " \n"}, "why.empty_text"),
        ({"document": "lighthouse.md", "start": 100_000, "end": 100_001}, "why.no_passage"),
        ({"document": "lighthouse.md", "question": " "}, "ask.empty_question"),
        ({"document": "lighthouse.md", "question": "x" * 5000}, "ask.question_too_long"),
        ({"document": "lighthouse.md", "strategy": "missing"}, "rag_strategy.not_found"),
        ({"document": "removed.md"}, "document.removed"),
        ({"document": "erased.md"}, "content.erased"),
        ({"document": "queued.md"}, "document.not_indexed"),
        ({"document": "broken.pdf"}, "document.not_indexed"),
    ],
)
async def test_what_can_not_be_explained_says_why(
    workspace: Workspace, caller: Caller, request_: dict[str, Any], code: str
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    removed = await workspace.add(caller, "removed.md", BAKERY)
    await workspace.documents.remove(caller, removed.document.id)
    erased = await workspace.add(caller, "erased.md", BAKERY)
    await workspace.documents.erase(caller, erased.document.id, "wanted")
    await workspace.documents.add(caller, "default", "docs", "queued.md", b"Not indexed yet.")
    with pytest.raises(EngineError):
        await workspace.add(caller, "broken.pdf", b"MZ\x90\x00 no document")
    with pytest.raises(EngineError) as raised:
        await ask_for(workspace, caller, **request_)
    assert raised.value.code == code


async def test_another_tenant_and_another_collection_see_nothing(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY, collection="other")
    stranger = await make_tenant(workspace.database)
    await workspace.add(stranger, "bakery.md", BAKERY)
    for who, document in ((stranger, str(added.document.id)), (stranger, "lighthouse.md"), (caller, "bakery.md")):
        with pytest.raises(EngineError) as raised:
            await ask_for(workspace, who, document)
        assert (raised.value.status, raised.value.code) == (404, "document.not_found")
