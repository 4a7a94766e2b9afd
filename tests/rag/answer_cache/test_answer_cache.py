"""Answers that are given again: when, to whom, what they say of themselves, and what ends them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import cast

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.audit.check import check_proof
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.executions.facts import ENDED
from mcp_engine.http.streaming import StreamEvent
from mcp_engine.jobs.context import JobContext
from mcp_engine.telemetry.metrics import CACHE_LOOKUPS
from rag.answer_cache.facts import GIVEN_AGAIN
from rag.answer_cache.key import CacheQuestion, IndexState
from rag.answer_cache.options import AnswerCacheOptions
from rag.answer_cache.service import AnswerCacheService
from rag.collections import find_collection
from rag.embedding import MiniLMEmbedder
from rag.parsing.pool import ParserPool
from rag.readers.schemas import ReadersIn
from rag.stores.postgresql import PostgresStore
from rag.stores.repository import StoreRepository
from rag.strategy import KIND, Filters
from tests.conftest import make_tenant
from tests.rag.answer_cache.kept import WHO, ask, filled, keeping, rows, said
from tests.rag.conftest import Attempt, Workspace, workspace_on
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.readers.place import make_place


@pytest.mark.parametrize("question", [WHO, "What do penguins eat in winter?"])
async def test_the_same_question_gets_the_same_answer_and_says_from_where(
    workspace: Workspace, caller: Caller, question: str
) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller, question)
    again = await ask(workspace, caller, f"  {question}\n")
    third = await ask(workspace, caller, question)
    assert first.cached_from is None
    assert (again.cached_from, third.cached_from) == (first.execution_id, first.execution_id)
    assert said(again) == said(first)
    assert len({first.execution_id, again.execution_id, third.execution_id}) == 3


async def test_composed_and_decomposed_characters_are_the_same_question(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    composed = "Who built the lighthouse of Kårsund?"
    first = await ask(workspace, caller, unicodedata.normalize("NFD", composed))
    assert (await ask(workspace, caller, unicodedata.normalize("NFC", composed))).cached_from == first.execution_id
    assert (await ask(workspace, caller, composed.upper())).cached_from is None


async def test_a_strategy_that_does_not_say_so_keeps_nothing(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    for _ in range(2):
        assert (await workspace.asking.answer(caller, "default", "docs", WHO)).cached_from is None
    assert await rows(workspace, caller) == 0


async def test_what_measures_a_strategy_is_never_answered_from_the_cache(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await ask(workspace, caller)
    assert (await ask(workspace, caller, kind="evaluation")).cached_from is None
    assert (await ask(workspace, caller, options={"retrieval.passages": 8})).cached_from is None


async def test_an_answer_given_again_is_recorded_without_a_model_and_its_proof_holds_the_first(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    again = await ask(workspace, caller)
    run = await workspace.executions.get(caller, again.execution_id)
    assert (run.kind, run.status, run.finish_reason, run.model) == ("ask", "succeeded", "stop", None)
    assert run.parameters == {"cached_from": str(first.execution_id)}
    assert run.output.value["cached_from"] == str(first.execution_id)
    assert run.output.value["citations"] == [one.model_dump(mode="json") for one in first.citations]
    assert run.sources == (await workspace.executions.get(caller, first.execution_id)).sources


async def test_the_proof_of_an_answer_given_again_leads_to_the_execution_that_found_it(
    fresh_database: Database, embedder: MiniLMEmbedder, parsers: ParserPool, tmp_path: Path
) -> None:
    caller = await make_tenant(fresh_database)
    async with workspace_on(fresh_database, embedder, parsers) as workspace:
        await filled(workspace, caller)
        first = await ask(workspace, caller)
        again = await ask(workspace, caller)
    signer, witness = CheckpointSigner(Ed25519PrivateKey.generate()), Witness(tmp_path / "log.txt")
    sequencer = Sequencer(fresh_database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    await sequencer.start()
    bundle = await AuditService(fresh_database, signer.verifier, witness).proof(caller, str(again.execution_id))
    await sequencer.stop()
    leaves = check_proof(bundle.model_dump_json(), signer.verifier.vkey).leaves
    assert {leaf.subject for leaf in leaves if leaf.kind == ENDED} == {str(first.execution_id), str(again.execution_id)}
    [given] = [leaf for leaf in leaves if leaf.kind == GIVEN_AGAIN]
    assert (given.subject, given.facts) == (str(again.execution_id), {"cached_from": str(first.execution_id)})


async def test_a_stream_from_the_cache_has_the_same_events(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)

    async def events() -> list[StreamEvent]:
        return [one async for one in workspace.asking.ask(caller, "default", "docs", WHO, "keeping")]

    first, again = await events(), await events()
    assert [one.event for one in again] == [one.event for one in first]
    assert [one.data for one in again[1:-1]] == [one.data for one in first[1:-1]]
    assert again[-1].data["cached_from"] == first[-1].data["execution_id"]
    run = await workspace.executions.get(caller, again[-1].data["execution_id"])
    assert (run.status, run.latency_first_token_ms is not None) == ("succeeded", True)


@pytest.mark.parametrize("change", ["another version", "another document", "removed", "erased", "collection removed"])
async def test_every_change_of_the_documents_ends_all_answers_of_the_collection(
    workspace: Workspace, caller: Caller, change: str
) -> None:
    await filled(workspace, caller)
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE, "other")
    first = await ask(workspace, caller)
    elsewhere = await ask(workspace, caller, collection="other")
    bakery = (await workspace.add(caller, "bakery.md", BAKERY)).document.id
    match change:
        case "another version":
            await workspace.add(caller, "bakery.md", BAKERY + "\nIngrid Solberg buys bread there.\n")
        case "another document":
            await workspace.add(caller, "observatory.md", OBSERVATORY)
        case "removed":
            await workspace.documents.remove(caller, bakery)
        case "erased":
            await workspace.documents.erase(caller, bakery, "asked for")
        case _:
            await workspace.documents.remove_collection(caller, "default", "docs")
    assert await rows(workspace, caller) == 1
    assert (await ask(workspace, caller)).cached_from is None
    assert (await ask(workspace, caller, collection="other")).cached_from == elsewhere.execution_id
    assert first.cached_from is None


async def test_an_index_made_anew_ends_the_answers(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await ask(workspace, caller)
    body = {"chunking": {"kind": "structure"}}
    await workspace.artifacts.push(caller, KIND, "default", "default", body, "Other chunks.")
    begun = await workspace.reindexings.start(caller, "default", "docs")
    context = Attempt(workspace.database, caller.tenant_id, caller.principal_id, begun.id)
    await workspace.reindex_job.run(cast("JobContext", context))
    assert await rows(workspace, caller) == 0


async def test_erasing_the_execution_that_was_first_erases_what_is_given_again(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    await workspace.executions.erase_content(caller, first.execution_id, "asked for")
    assert await rows(workspace, caller) == 0
    assert (await ask(workspace, caller)).cached_from is None


async def test_nothing_of_an_answer_is_copied_into_the_cache(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        row = (
            await work.session.execute(text("SELECT to_jsonb(cached_answer) #>> '{}' FROM cached_answer"))
        ).scalar_one()
    assert str(first.execution_id) in row
    assert "Ingrid" not in row
    assert "Who" not in row


async def test_another_version_of_the_strategy_asks_anew_and_the_one_before_still_has_its_answer(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    await keeping(workspace, caller, max_sentences=1)
    assert (await ask(workspace, caller)).cached_from is None
    before = await workspace.asking.answer(caller, "default", "docs", WHO, "keeping/1")
    assert before.cached_from == first.execution_id


async def test_filters_and_the_questions_before_are_part_of_the_question(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    assert (await ask(workspace, caller, filters=Filters())).cached_from == first.execution_id
    narrowed = await ask(workspace, caller, filters=Filters(documents=("light*",)))
    assert narrowed.cached_from is None
    assert (await ask(workspace, caller, filters=Filters(documents=("bak*",)))).cached_from is None
    how_high = "How many metres high is it?"
    alone, follow = (
        await ask(workspace, caller, how_high),
        await ask(workspace, caller, how_high, follows=first.execution_id),
    )
    assert (follow.context, follow.cached_from) == ([WHO], None)
    assert follow.text != alone.text
    # Another answer to the same question: what it goes on from says the same.
    repeated = await ask(workspace, caller, how_high, follows=(await ask(workspace, caller)).execution_id)
    assert repeated.cached_from == follow.execution_id


async def test_another_tenant_never_gets_the_answer(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await ask(workspace, caller)
    other = await make_tenant(workspace.database)
    await filled(workspace, other)
    assert (await ask(workspace, other)).cached_from is None
    assert await rows(workspace, other) == 1


async def test_only_who_may_read_the_same_documents_gets_the_same_answer(workspace: Workspace) -> None:
    place = await make_place(workspace)
    await keeping(workspace, place.owner)
    given = await ask(workspace, place.owner, collection="mixed")
    assert "Ingrid" in given.text
    assert (await ask(workspace, place.member, collection="mixed")).cached_from == given.execution_id
    kept_out = await ask(workspace, place.outsider, collection="mixed")
    assert (kept_out.cached_from, kept_out.refused) == (None, True)
    assert all(one.version.document == "bakery.md" for one in kept_out.passages)


@pytest.mark.parametrize("change", ["taken off the list", "taken out of the group"])
async def test_who_may_not_read_it_any_more_gets_it_no_more(workspace: Workspace, change: str) -> None:
    place = await make_place(workspace)
    await keeping(workspace, place.owner)
    given = await ask(workspace, place.member, collection="mixed")
    assert "Ingrid" in given.text
    if change == "taken off the list":
        await place.readers.restrict(
            place.owner, place.restricted, ReadersIn(principals=[str(place.owner.principal_id)])
        )
        assert await rows(workspace, place.owner) == 0
    else:
        await place.groups.remove_member(place.owner, "crew", place.member.principal_id)
    after = await ask(workspace, place.member, collection="mixed")
    assert (after.cached_from, after.refused) == (None, True)
    assert (await ask(workspace, place.owner, collection="mixed")).text == given.text


async def test_two_lists_that_hide_different_documents_are_told_apart(workspace: Workspace) -> None:
    """One document is hidden each time, and of the restricted ones the reader sees none: what is readable differs."""
    place = await make_place(workspace)

    async def seen() -> IndexState:
        async with workspace.database.unit_of_work(place.owner.tenant_id, place.outsider.principal_id) as work:
            return await workspace.cache.state(work, await find_collection(work, "default", "mixed"))

    hiding_one = await seen()
    await place.readers.let_everyone_read(place.owner, place.restricted)
    hiding_none = await seen()
    await place.restrict(place.open)
    hiding_other = await seen()
    states = (hiding_one, hiding_none, hiding_other)
    assert len({one.revision for one in states}) == 1
    assert len({CacheQuestion(WHO, "default", "mixed", "lock").key(one) for one in states}) == 3


async def test_a_text_changed_behind_the_engines_back_is_not_given_again(
    workspace: Workspace, caller: Caller, owner_url: str
) -> None:
    import psycopg

    from tests.conftest import plain_url

    await filled(workspace, caller)
    await ask(workspace, caller)
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE document_text SET text = replace(text, 'Ingrid', 'Astrid') WHERE tenant_id = %s",
            (caller.tenant_id,),
        )
    answer = await ask(workspace, caller)
    assert answer.cached_from is None
    assert "Astrid" in answer.text


async def test_the_cache_is_bounded_in_number_and_in_age(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    small = AnswerCacheService(workspace.database, workspace.executions, AnswerCacheOptions(answer_cache_entries=2))
    given = [
        await ask(workspace, caller, question) for question in (WHO, "When was it lit?", "What does the bakery bake?")
    ]
    again = await ask(workspace, caller)  # The first was used last.
    assert again.cached_from == given[0].execution_id
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id, snapshot=True) as work:
        state = await small.state(work, await find_collection(work, "default", "docs"))
    lock = (await workspace.executions.get(caller, again.execution_id)).artifact
    assert lock is not None
    assert lock.lock_digest is not None
    fourth = CacheQuestion("A fourth?", "default", "docs", lock.lock_digest)
    await small.keep(caller, fourth, state, given[0].execution_id)
    assert await rows(workspace, caller) == 2
    assert (await ask(workspace, caller)).cached_from == given[0].execution_id
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await work.session.execute(text("UPDATE cached_answer SET created_at = now() - interval '8 days'"))
    assert (await ask(workspace, caller)).cached_from is None
    assert await rows(workspace, caller) == 1


async def test_an_operator_can_turn_it_off(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    off = AnswerCacheService(workspace.database, workspace.executions, AnswerCacheOptions(answer_cache_entries=0))
    artifact = (await workspace.executions.get(caller, first.execution_id)).artifact
    assert artifact is not None
    assert artifact.lock_digest is not None
    question = CacheQuestion(WHO, "default", "docs", artifact.lock_digest)
    assert await off.find(caller, question) is None
    assert await workspace.cache.find(caller, question) is not None


async def test_nothing_is_kept_while_a_store_lags_behind(workspace: Workspace, caller: Caller) -> None:
    class Follower(PostgresStore):
        follows = True

    await filled(workspace, caller)
    first = await ask(workspace, caller)
    behind = AnswerCacheService(workspace.database, workspace.executions, AnswerCacheOptions(), Follower())
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        place = await find_collection(work, "default", "docs")
        assert (await behind.state(work, place)).is_settled
        await StoreRepository(work.session, work.tenant_id).note([first.passages[0].version.version_id])
        state = await behind.state(work, place)
    assert not state.is_settled
    await behind.keep(caller, CacheQuestion("Another?", "default", "docs", "lock"), state, first.execution_id)
    assert await rows(workspace, caller) == 1


async def test_hits_and_misses_are_counted(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    counters = {result: CACHE_LOOKUPS.labels("answers", result) for result in ("hit", "miss")}
    before = {result: counter._value.get() for result, counter in counters.items()}
    for _ in range(3):
        await ask(workspace, caller)
    grown = {result: counter._value.get() - before[result] for result, counter in counters.items()}
    assert grown == {"hit": 2, "miss": 1}
    shown = await workspace.cache.show(caller, "default", "docs")
    assert (shown.entries, shown.hits, shown.hit_rate) == (1, 2, 0.6667)


async def test_over_rest_it_is_shown_and_cleared(app: FastAPI, workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller)
    headers = {"Authorization": "Bearer any"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://engine/api/v1", headers=headers
    ) as client:
        request = {"question": WHO, "collection": "docs", "strategy": "keeping"}
        assert (await client.post("/ask", json=request)).json()["cached_from"] == str(first.execution_id)
        shown = (await client.get("/collections/docs/answer-cache")).json()
        assert (shown["entries"], shown["hits"], shown["hit_rate"]) == (1, 1, 0.5)
        assert (await client.delete("/collections/docs/answer-cache")).json() == {"entries": 1}
        assert (await client.post("/ask", json=request)).json()["cached_from"] is None
        assert (await client.get("/collections/none/answer-cache")).json()["code"] == "collection.not_found"
