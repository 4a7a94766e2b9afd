"""Questions: exact citations, refusals, and what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.audit.check import check_proof
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, NotFound, Refused, TooLarge
from rag.embedding import MiniLMEmbedder
from rag.facts import ADDED
from rag.parsing.pool import ParserPool
from rag.question_text import MAX_QUESTION_CHARACTERS
from rag.strategy import KIND
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace, workspace_on
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY, UNICODE

CORPUS = {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY, "observatory.md": OBSERVATORY, "unicode.md": UNICODE}


_PILOTS = "".join(f"| {number} | the pilot of boat {number} is on her way |\n" for number in range(8, 60))
SIGNALS = f"""# The lamp of Karsund

The keeper hangs out lamps.

| lamp signal | meaning |
|-------------|---------|
| 1 | all is well |
| 2 | fog is expected before the night |
| 3 | the harbour is closed to sailing boats |
| **7** | the ferry is late; ask `\\|` the keeper 🚢 |
{_PILOTS}"""


async def filled(workspace: Workspace, caller: Caller) -> None:
    for name, content in CORPUS.items():
        await workspace.add(caller, name, content)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who built the lighthouse of Karsund?", "Ingrid Solberg"),
        ("How long does the dough rest before it is baked?", "eighteen hours"),
        ("Which comet was discovered at the observatory of Tamsin?", "comet Vell"),
        ("Who opened the cosmonaut café in Ålesund?", "Żaneta Wójcik"),
    ],
)
async def test_an_answer_is_made_of_exact_citations(
    workspace: Workspace, caller: Caller, question: str, answer: str
) -> None:
    await filled(workspace, caller)
    given = await workspace.asking.answer(caller, "default", "docs", question)
    assert not given.refused
    assert answer in given.text
    assert 0 < given.confidence <= 1
    assert [citation.n for citation in given.citations] == list(range(1, len(given.citations) + 1))
    for citation in given.citations:
        source = CORPUS[citation.version.document]
        assert source[citation.start : citation.end] == citation.cited_text
        assert f"{citation.cited_text} [{citation.n}]" in given.text
        assert len(citation.version.digest) == 64


@pytest.mark.parametrize(
    "question", ["What is the capital of Mongolia?", "How do I reset my router password?", "xqzzt", "the of and"]
)
async def test_a_question_about_something_else_is_refused_with_the_nearest_passages(
    workspace: Workspace, caller: Caller, question: str
) -> None:
    await filled(workspace, caller)
    given = await workspace.asking.answer(caller, "default", "docs", question)
    assert (given.refused, given.text, given.citations) == (True, "", [])
    assert given.reason
    assert given.passages
    for passage in given.passages:
        assert CORPUS[passage.version.document][passage.start : passage.end] == passage.text


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ("What is the capital of Mongolia?", "off_topic", "about this"),
        ("Who did not build the lighthouse of Karsund?", "unsupported", "denies something"),
        ("Which keeper of Karsund slept through 2031?", "unsupported", "2031"),
        ("Which comet did the Tamsin Royal Academy discover?", "unsupported", "full name"),
        ("What stands on the southern cliff of the island?", "unsupported", "opposite"),
    ],
)
async def test_a_refusal_says_whether_anything_is_near_and_what_is_lacking(
    workspace: Workspace, caller: Caller, question: str, code: str, words: str
) -> None:
    await filled(workspace, caller)
    given = await workspace.asking.answer(caller, "default", "docs", question)
    assert given.refused
    assert given.reason_code == code
    assert given.reason is not None
    assert words in given.reason


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What does lamp signal 3 mean?", ["3 | the harbour is closed to sailing boats"]),
        ("Which lamp signal means that the pilot of boat 32 comes?", ["32 | the pilot of boat 32 is on her way"]),
        ("Which lamp signal means that the ferry is late?", ["**7** | the ferry is late; ask `\\|` the keeper 🚢"]),
    ],
)
async def test_the_row_of_a_table_answers_and_is_cited_word_for_word(
    workspace: Workspace, caller: Caller, question: str, rows: list[str]
) -> None:
    await workspace.add(caller, "signals.md", SIGNALS)
    given = await workspace.asking.answer(caller, "default", "docs", question)
    cited = [citation.cited_text for citation in given.citations]
    assert [text for text in cited if "|" in text] == rows
    for citation in given.citations:
        assert SIGNALS[citation.start : citation.end] == citation.cited_text
        assert f"{citation.cited_text} [{citation.n}]" in given.text


async def test_the_heads_of_a_table_and_rows_without_heads_are_no_answer(workspace: Workspace, caller: Caller) -> None:
    box = "| the lamp signal 5 means fire |\n| the lamp signal 6 means flood |\n\n"
    heads = "| lamp signal | its meaning |\n|---|---|\n"
    await workspace.add(caller, "box.md", f"Signals of the lamp are kept in a box.\n\n{box}{heads}")
    given = await workspace.asking.answer(caller, "default", "docs", "What does lamp signal 5 mean?")
    assert not any("|" in citation.cited_text for citation in given.citations)


async def test_an_empty_collection_is_refused(workspace: Workspace, caller: Caller) -> None:
    await workspace.documents.add(caller, "default", "docs", "not-yet-indexed.txt", b"Something about whales.")
    given = await workspace.asking.answer(caller, "default", "docs", "What about whales?")
    assert (given.refused, given.passages, given.reason_code) == (True, [], "nothing_indexed")


async def test_events_come_in_order_and_make_up_the_answer(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    question = "When was the lighthouse of Karsund built?"
    events = [event async for event in workspace.asking.ask(caller, "default", "docs", question)]
    names = [event.event for event in events]
    cited = (len(names) - 2) // 2
    assert names == ["retrieval", *["citation", "delta"] * cited, "completed"]
    assert "".join(event.data["text"] for event in events if event.event == "delta") == events[-1].data["text"]


async def test_a_run_is_recorded_with_its_strategy_its_model_and_its_answer(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    given = await workspace.asking.answer(caller, "default", "docs", "Who built the lighthouse?")
    recorded = await workspace.executions.get(caller, given.execution_id)
    assert (recorded.kind, recorded.status, recorded.finish_reason) == ("ask", "succeeded", "stop")
    assert recorded.artifact is not None
    assert (recorded.artifact.kind, recorded.artifact.name, recorded.artifact.number) == (KIND, "default", 1)
    assert recorded.artifact.lock_digest
    assert recorded.model is not None
    assert (recorded.model.provider, recorded.model.model) == ("onnx", "all-minilm-l6-v2-int8")
    assert recorded.inputs.value == {"question": "Who built the lighthouse?", "collection": "docs"}
    assert recorded.output.value["citations"] == [citation.model_dump(mode="json") for citation in given.citations]
    assert recorded.output.value["passages"][0]["score"] == given.passages[0].score


async def test_a_strategy_of_ones_own_decides_what_is_refused(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    body = {"answering": {"threshold": 1.0}}
    await workspace.artifacts.push(caller, KIND, "default", "strict", body, "Never answer.")
    given = await workspace.asking.answer(caller, "default", "docs", "Who built the lighthouse?", "strict/1")
    assert given.refused
    with pytest.raises(NotFound):
        await workspace.asking.answer(caller, "default", "docs", "Who?", "missing@production")
    with pytest.raises(InvalidInput) as refused:
        await workspace.artifacts.push(caller, KIND, "default", "x", {"answering": {"treshold": 1}}, "Typo.")
    assert "answering.treshold" in refused.value.message


async def test_a_question_that_is_too_long_or_empty_is_refused(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    with pytest.raises(TooLarge) as long:
        await workspace.asking.answer(caller, "default", "docs", "why " * 25_000)
    assert (long.value.code, long.value.details["limit"]) == ("ask.question_too_long", MAX_QUESTION_CHARACTERS)
    for question in (" \n", "nul \x00"):
        with pytest.raises(InvalidInput):
            await workspace.asking.answer(caller, "default", "docs", question)


async def test_a_collection_that_does_not_exist_names_those_that_do(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "a.md", BAKERY)
    with pytest.raises(NotFound, match="there are: docs"):
        await workspace.asking.answer(caller, "default", "dosc", "Who?")
    other = await make_tenant(workspace.database)
    with pytest.raises(NotFound):
        await workspace.asking.answer(other, "default", "docs", "What does the bakery bake?")


async def test_a_text_changed_behind_the_engines_back_is_never_cited(
    workspace: Workspace, caller: Caller, owner_url: str
) -> None:
    import psycopg

    from tests.conftest import plain_url

    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    asked = "Who built the lighthouse of Karsund?"
    events = workspace.asking.ask(caller, "default", "docs", asked)
    assert (await anext(events)).event == "retrieval"
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE document_text SET text = replace(text, 'Ingrid', 'Astrid') WHERE tenant_id = %s",
            (caller.tenant_id,),
        )
    with pytest.raises(Refused) as refused:
        await anext(events)
    assert refused.value.code == "ask.citation_mismatch"
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        outcome = await work.session.execute(text("SELECT error_code FROM execution_outcome"))
        assert outcome.scalars().all() == ["ask.citation_mismatch"]


@pytest.mark.parametrize("question", ["Who built the lighthouse of Karsund?", "What is the capital of Mongolia?"])
async def test_the_proof_of_an_answer_carries_the_versions_that_it_shows(
    fresh_database: Database, embedder: MiniLMEmbedder, parsers: ParserPool, tmp_path: Path, question: str
) -> None:
    caller = await make_tenant(fresh_database)
    async with workspace_on(fresh_database, embedder, parsers) as workspace:
        await filled(workspace, caller)
        given = await workspace.asking.answer(caller, "default", "docs", question)
        recorded = await workspace.executions.get(caller, given.execution_id)
    shown = given.passages if given.refused else given.citations
    sources = list(dict.fromkeys(one.version.version_id for one in shown))
    assert recorded.sources == sources != []
    signer = CheckpointSigner(Ed25519PrivateKey.generate())
    witness = Witness(tmp_path / "log.txt")
    sequencer = Sequencer(fresh_database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    await sequencer.start()
    bundle = await AuditService(fresh_database, signer.verifier, witness).proof(caller, str(given.execution_id))
    await sequencer.stop()
    proven = check_proof(bundle.model_dump_json(), signer.verifier.vkey)
    digests = {leaf.subject: leaf.facts["digest"] for leaf in proven.leaves if leaf.kind == ADDED}
    assert digests == {str(one.version.version_id): one.version.digest for one in shown}
