"""Every way to a restricted document: who is on its list gets it, for anybody else it does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.components.service import CapabilityService
from mcp_engine.errors import Conflict, EngineError, NotFound
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.schemas import JobFilters
from rag.capabilities import Ask, Search
from rag.lost_support.repository import AnswersFilter
from rag.preview.schemas import AnswerRequest, ChunksRequest
from rag.readers.schemas import ReadersIn
from rag.strategy import Filters
from rag.why.schemas import WhyRequest
from tests.conftest import make_tenant
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.readers.place import CREW, WHO, Place

Path = Callable[[Place, Caller, UUID], Awaitable[Any]]
CONTENT_TABLES = (
    "document", "document_version", "document_original", "document_text", "document_reading", "document_indexing",
)  # fmt: skip

OPENING: dict[str, Path] = {
    "show": lambda place, caller, id_: place.workspace.documents.get(caller, id_),
    "text": lambda place, caller, id_: place.workspace.documents.open_text(caller, id_, 1),
    "original": lambda place, caller, id_: place.workspace.documents.open_original(caller, id_, 1),
    "pages": lambda place, caller, id_: place.workspace.viewing.pages(caller, id_, 1),
    "image": lambda place, caller, id_: place.workspace.viewing.image(caller, id_, 1, 1, 100),
    "image tag": lambda place, caller, id_: place.workspace.viewing.image_tag(caller, id_, 1, 1, 100),
    "highlights": lambda place, caller, id_: place.workspace.viewing.highlights(caller, id_, 1, 0, 9),
    "readers": lambda place, caller, id_: place.readers.readers(caller, id_),
    "chunks of a strategy": lambda place, caller, id_: place.workspace.preview.chunks(
        caller, "default", "mixed", ChunksRequest(document_id=id_)
    ),
}
CHANGING: dict[str, Path] = {
    "remove": lambda place, caller, id_: place.workspace.documents.remove(caller, id_),
    "erase": lambda place, caller, id_: place.workspace.documents.erase(caller, id_, "because"),
    "retry": lambda place, caller, id_: place.workspace.documents.retry(caller, id_),
    "restrict": lambda place, caller, id_: place.readers.restrict(caller, id_, ReadersIn(principals=["outsider"])),
    "let everyone read": lambda place, caller, id_: place.readers.let_everyone_read(caller, id_),
}


async def code_of(awaited: Awaitable[Any]) -> tuple[str, str] | None:
    """Return the code and the message of the error that comes; None when none does."""
    try:
        await awaited
    except EngineError as error:
        return error.code, error.message
    return None


@pytest.mark.parametrize("path", [*OPENING, *CHANGING])
async def test_who_is_on_no_list_is_told_what_is_told_of_what_does_not_exist(place: Place, path: str) -> None:
    go = (OPENING | CHANGING)[path]
    refused = await code_of(go(place, place.outsider, place.restricted))
    missing = await code_of(go(place, place.outsider, unknown := new_id()))
    assert refused is not None
    assert missing is not None
    assert refused[0] == "document.not_found"
    assert refused[1].replace(str(place.restricted), str(unknown)) == missing[1]
    stranger = await make_tenant(place.workspace.database)
    foreign = await code_of(go(place, stranger, place.restricted))
    assert foreign == refused or (foreign is not None and foreign[0] == "collection.not_found")


@pytest.mark.parametrize("path", OPENING)
async def test_who_is_on_the_list_opens_it(place: Place, path: str) -> None:
    for caller in (place.member, place.owner):
        error = await code_of(OPENING[path](place, caller, place.restricted))
        # No PDF: there is no image to show.
        assert error is None or error[0] == "document.no_pages"


async def test_lists_and_counts_speak_of_what_may_be_read(place: Place) -> None:
    for caller, names in ((place.member, ["bakery.md", "lighthouse.md"]), (place.outsider, ["bakery.md"])):
        page = await place.workspace.documents.list(caller, "default", "mixed", None, 10)
        assert [one.name for one in page.items] == names
        assert [one.restricted for one in page.items] == [name == "lighthouse.md" for name in names]
        listed = (await place.workspace.documents.collections(caller, "default", None, 10)).items
        (collection,) = [one for one in listed if one.name == "mixed"]
        assert collection.documents == len(names)
        assert collection.chunks == sum(one.latest.chunks or 0 for one in page.items)


async def test_search_and_capabilities_find_what_may_be_read(place: Place) -> None:
    capabilities = CapabilityService([Ask(place.workspace.asking), Search(place.workspace.documents)])
    for caller, found in ((place.outsider, False), (place.member, True), (place.owner, True)):
        for filters in (None, Filters(documents=["*.md"])):
            passages = await place.workspace.documents.search(caller, "default", "mixed", WHO, 10, filters)
            assert passages
            assert (place.restricted in {one.version.document_id for one in passages}) is found
        searched = await capabilities.call(caller, "rag.search", {"query": WHO, "collection": "mixed"})
        assert ("Ingrid Solberg" in str(searched)) is found
        answered = await capabilities.call(caller, "rag.ask", {"question": WHO, "collection": "mixed"})
        assert ("Ingrid Solberg" in str(answered)) is found


async def test_a_streamed_answer_holds_nothing_that_may_not_be_read(place: Place) -> None:
    async def streamed(caller: Caller) -> str:
        return str([event async for event in place.workspace.asking.ask(caller, "default", "mixed", WHO)])

    assert "Ingrid Solberg" in await streamed(place.member)
    seen = await streamed(place.outsider)
    assert "Ingrid Solberg" not in seen
    assert "lighthouse.md" not in seen
    assert "not_permitted" not in seen


async def test_a_look_at_a_strategy_shows_what_may_be_read(place: Place) -> None:
    wanted = AnswerRequest(question=WHO)
    shown = await place.workspace.preview.answer(place.member, "default", "mixed", wanted)
    assert "Ingrid Solberg" in str(shown)
    assert "Ingrid Solberg" not in str(await place.workspace.preview.answer(place.outsider, "default", "mixed", wanted))
    await place.add_restricted("alone.md", LIGHTHOUSE, "lonely")
    told = await place.workspace.preview.answer(place.outsider, "default", "lonely", wanted)
    assert (told.reason_code, told.passages) == ("not_permitted", [])


async def test_a_refusal_does_not_tell_which_words_hidden_documents_hold(place: Place) -> None:
    """A name that only a hidden document holds is refused in the words of one that no document holds."""
    told: list[str | None] = []
    for name in ("Ingrid Solberg", "Yngvar Halden"):
        question = f"What did {name} bake in Oltre?"
        told.append((await place.workspace.asking.answer(place.outsider, "default", "mixed", question)).reason)
    assert told[0] is not None
    assert [str(one).split(").", 1)[1] for one in told] == [str(told[0]).split(").", 1)[1]] * 2


async def test_why_explains_only_what_may_be_read(place: Place) -> None:
    for document in ("lighthouse.md", str(place.restricted)):
        wanted = WhyRequest(question=WHO, document=document)
        why = await place.workspace.why.explain(place.member, "default", "mixed", wanted)
        assert why.version.document_id == place.restricted
        with pytest.raises(NotFound) as refused:
            await place.workspace.why.explain(place.outsider, "default", "mixed", wanted)
        assert refused.value.code == "document.not_found"
    open_ = WhyRequest(question="What does the bakery of Oltre bake?", document="bakery.md")
    explained = await place.workspace.why.explain(place.outsider, "default", "mixed", open_)
    assert explained.dropped_at is None
    assert explained.stages[0].note == "No filter is set."


async def test_executions_that_show_it_are_shown_to_its_readers_alone(place: Place) -> None:
    execution_id, executions = await place.ask(place.member), place.workspace.executions
    own = await place.ask(place.outsider)
    for caller in (place.member, place.owner):
        assert "Ingrid Solberg" in str((await executions.get(caller, execution_id)).output.value)
    for look in (executions.get, executions.openings, executions.spans):
        with pytest.raises(NotFound, match="There is no execution"):
            await look(place.outsider, execution_id)
    with pytest.raises(NotFound):
        await executions.several(place.outsider, [execution_id])
    with pytest.raises(NotFound):
        await executions.erase_content(place.outsider, execution_id, "because")
    assert [one.id for one in await executions.readable(place.outsider, [own, execution_id])] == [own]
    listed = await executions.list(place.outsider, ExecutionFilter(kind="ask"), limit=200)
    assert execution_id not in {one.id for one in listed.items}
    assert own in {one.id for one in listed.items}
    counted = await executions.count(place.outsider, ExecutionFilter(kind="ask", actor_id=place.member.principal_id))
    assert counted.count < (await executions.count(place.member, ExecutionFilter(kind="ask"))).count


async def test_jobs_whose_messages_name_it_are_not_listed(place: Place) -> None:
    version = (await place.workspace.documents.get(place.owner, place.restricted)).latest
    assert (await place.jobs.get(place.member, version.job_id)).subject_id == version.id
    with pytest.raises(NotFound, match="There is no job"):
        await place.jobs.get(place.outsider, version.job_id)
    with pytest.raises(NotFound):
        await place.jobs.cancel(place.outsider, version.job_id)
    jobs = {one.id for one in (await place.jobs.list(place.outsider, JobFilters(), limit=200)).items}
    assert version.job_id not in jobs
    assert jobs


async def test_duplicates_that_may_not_be_read_are_neither_shown_nor_counted(place: Place) -> None:
    for name in ("a.md", "b.md"):
        await place.add_open(name, BAKERY, "twins")
    await place.add_restricted("c.md", BAKERY, "twins")
    for name in ("d.md", "e.md"):
        await place.add_restricted(name, LIGHTHOUSE, "twins")
    for caller, groups in (
        (place.member, [["d.md", "e.md"], ["a.md", "b.md", "c.md"]]),
        (place.outsider, [["a.md", "b.md"]]),
    ):
        shown = (await place.duplicates.groups(caller, "default", "twins", None, 10)).items
        assert [[one.document for one in group.members] for group in shown] == groups
        assert [group.documents for group in shown] == [len(group) for group in groups]
        (first, *_) = (await place.workspace.documents.list(caller, "default", "twins", None, 10)).items
        assert first.repeats == len(groups[-1]) - 1


async def test_rows_are_kept_back_by_the_database_whatever_the_query(place: Place) -> None:
    async def seen(principal_id: UUID, table: str) -> int:
        async with place.workspace.database.unit_of_work(place.owner.tenant_id, principal_id) as work:
            column = {"document": "id", "document_version": "document_id"}.get(table)
            where = (
                f"{column} = :id"
                if column
                else (
                    "version_id IN (SELECT version_id FROM chunk JOIN collection ON collection.id = collection_id "
                    "WHERE collection.name = 'mixed') AND CAST(:id AS uuid) IS NOT NULL"
                )
            )
            return int(
                await work.session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"), {"id": place.restricted})
            )

    for table in CONTENT_TABLES:
        both = await seen(place.owner.principal_id, table)
        assert both > 0
        assert await seen(place.outsider.principal_id, table) == both - 1
        # Somebody whom nobody knows is on no list.
        assert await seen(new_id(), table) == both - 1


async def test_a_collection_in_which_nothing_may_be_read_says_so_and_no_more(place: Place) -> None:
    await place.add_restricted("only.md", LIGHTHOUSE, "closed")
    asking, filters = place.workspace.asking, Filters(documents=["*.pdf"])
    for narrowed in (None, filters):
        answer = await asking.answer(place.outsider, "default", "closed", WHO, filters=narrowed)
        assert (answer.refused, answer.reason_code) == (True, "not_permitted")
        assert "only.md" not in str(answer)
    # Where something may be read, nothing tells of what may not.
    assert (await asking.answer(place.outsider, "default", "mixed", WHO)).reason_code in ("off_topic", "unsupported")
    assert (await asking.answer(place.member, "default", "closed", WHO)).refused is False
    assert (await asking.answer(place.member, "default", "closed", WHO, filters=filters)).reason_code == "filtered"
    assert await place.workspace.documents.search(place.outsider, "default", "closed", WHO) == []
    listed = await place.workspace.documents.collections(place.outsider, "default", None, 10)
    assert "closed" not in {one.name for one in listed.items}
    with pytest.raises(NotFound) as missing:
        await place.workspace.documents.search(place.outsider, "default", "nowhere", WHO)
    assert "closed" not in missing.value.message


async def test_who_searches_first_does_not_decide_what_others_find(own_place: Place) -> None:
    """Vectors are read once for all readers: those of the outsider's search are whole."""
    await own_place.add_restricted("second.md", LIGHTHOUSE.replace("Karsund", "Fjell"), "mixed")
    for caller, found in ((own_place.outsider, False), (own_place.member, True), (own_place.outsider, False)):
        passages = await own_place.workspace.documents.search(caller, "default", "mixed", "the lighthouse of Fjell")
        assert ("second.md" in {one.version.document for one in passages}) is found


async def test_leaving_the_group_takes_effect_at_once_and_so_does_joining(own_place: Place) -> None:
    place, documents = own_place, own_place.workspace.documents
    key = IdempotencyKey("once", b"ask")
    given = await place.ask(place.member, key=key)
    await place.groups.remove_member(place.owner, "crew", place.member.principal_id)
    assert (await code_of(documents.get(place.member, place.restricted))) is not None
    found = await documents.search(place.member, "default", "mixed", WHO)
    assert {one.version.document for one in found} == {"bakery.md"}
    with pytest.raises(NotFound):
        await place.workspace.executions.get(place.member, given)
    # Not even what the same request was answered before.
    with pytest.raises(NotFound):
        await place.ask(place.member, key=key)
    await place.groups.add_member(place.owner, "crew", place.outsider.principal_id)
    assert (await documents.get(place.outsider, place.restricted)).name == "lighthouse.md"
    assert "Ingrid Solberg" in str((await place.workspace.executions.get(place.outsider, given)).output.value)


async def test_a_list_that_comes_later_covers_answers_of_before(own_place: Place) -> None:
    place = own_place
    await place.readers.let_everyone_read(place.owner, place.restricted)
    given = await place.ask(place.outsider)
    assert (await place.workspace.executions.get(place.outsider, given)).output.value["citations"]
    await place.restrict(place.restricted)
    with pytest.raises(NotFound):
        await place.workspace.executions.get(place.outsider, given)
    assert (await place.workspace.executions.get(place.member, given)).output.value["citations"]


async def test_answers_that_lost_their_support_are_listed_for_readers(own_place: Place) -> None:
    place, wanted = own_place, AnswersFilter()
    given = await place.ask(place.member)
    await place.workspace.add(place.member, "lighthouse.md", LIGHTHOUSE.replace("Solberg", "Lund"), "mixed")
    await place.recheck(place.restricted)
    shown = await place.workspace.support.answers(place.member, "default", "mixed", wanted, None, 10)
    assert [one.execution_id for one in shown.items] == [given]
    assert (await place.workspace.support.answers(place.outsider, "default", "mixed", wanted, None, 10)).items == []
    with pytest.raises(NotFound) as refused:
        await place.workspace.support.ask_again(place.outsider, "default", "mixed", given)
    assert refused.value.code == "answer.not_found"


async def test_a_new_version_keeps_the_list_and_is_indexed_whoever_leaves_meanwhile(own_place: Place) -> None:
    place, documents = own_place, own_place.workspace.documents
    changed = LIGHTHOUSE.replace("Ingrid", "Astrid").encode()
    added = await documents.add(place.member, "default", "mixed", "lighthouse.md", changed)
    assert added.document.restricted
    await place.groups.remove_member(place.owner, "crew", place.member.principal_id)
    await place.workspace.index(place.member, added.document.latest.id)
    passages = await documents.search(place.owner, "default", "mixed", WHO)
    assert "Astrid Solberg" in passages[0].text
    assert (await code_of(documents.get(place.outsider, place.restricted))) is not None


async def test_the_name_of_a_hidden_document_is_taken(place: Place) -> None:
    with pytest.raises(Conflict) as refused:
        await place.workspace.documents.add(place.outsider, "default", "mixed", "lighthouse.md", b"Mine.")
    assert refused.value.code == "document.name_taken"
    document = await place.workspace.documents.get(place.owner, place.restricted)
    assert document.latest.number == 1


async def test_removing_a_collection_leaves_what_may_not_be_read(own_place: Place) -> None:
    assert await own_place.workspace.documents.remove_collection(own_place.outsider, "default", "mixed") == 1
    assert not (await own_place.workspace.documents.get(own_place.owner, own_place.restricted)).removed


async def test_a_group_on_a_list_is_not_deleted(place: Place) -> None:
    with pytest.raises(Conflict) as refused:
        await place.groups.delete(place.owner, "crew")
    assert refused.value.code == "group.in_use"
    assert CREW.groups == [(await place.groups.get(place.owner, "crew")).name]
