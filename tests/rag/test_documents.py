"""Documents: versions, removal, and what can be opened."""

from __future__ import annotations

import asyncio
import hashlib
from importlib.util import find_spec

import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import Gone, InvalidInput, NotFound, TooLarge
from mcp_engine.identifiers import new_id
from rag.facts import ADDED, INDEXED, DocumentCheck
from rag.stored import DocumentFilter
from tests.conftest import make_tenant
from tests.rag.conftest import MAX_UPLOAD_BYTES, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.pictures import picture, scanned_pdf


async def counters(database: Database, caller: Caller) -> tuple[int, int, int, int, int]:
    """Chunks and terms as counted in the collection, and as they really are; and postings."""
    statement = text(
        "SELECT (SELECT coalesce(sum(chunks), 0) FROM collection), (SELECT count(*) FROM chunk),"
        " (SELECT coalesce(sum(terms), 0) FROM collection), (SELECT coalesce(sum(terms), 0) FROM chunk),"
        " (SELECT count(DISTINCT version_id) FROM posting)"
    )
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return tuple(map(int, (await work.session.execute(statement)).one()))  # type: ignore[return-value]


async def test_adding_makes_the_document_searchable(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "guide/lighthouse.md", LIGHTHOUSE)
    assert (added.outcome, added.document.latest.number, added.document.latest.state) == ("added", 1, "queued")
    shown = await workspace.documents.get(caller, added.document.id)
    assert (shown.latest.state, shown.searched_number, shown.latest.characters) == ("indexed", 1, len(LIGHTHOUSE))
    assert shown.latest.content_sha256 == hashlib.sha256(LIGHTHOUSE.encode()).hexdigest()
    found = await workspace.documents.search(caller, "default", "docs", "who built the tower on the island?")
    assert found[0].text == LIGHTHOUSE[found[0].start : found[0].end]


async def test_adding_the_same_bytes_again_changes_nothing(workspace: Workspace, caller: Caller) -> None:
    first = await workspace.add(caller, "bakery.md", BAKERY)
    again = await workspace.documents.add(caller, "default", "docs", "bakery.md", BAKERY.encode())
    assert again.outcome == "unchanged"
    assert again.document.latest.id == first.document.latest.id
    assert len((await workspace.documents.get(caller, first.document.id)).versions) == 1
    before = await counters(workspace.database, caller)
    await workspace.index(caller, first.document.latest.id)
    assert await counters(workspace.database, caller) == before


async def test_a_changed_file_becomes_a_version_and_the_old_one_still_opens(
    workspace: Workspace, caller: Caller
) -> None:
    first = await workspace.add(caller, "tower.md", LIGHTHOUSE)
    answer = await workspace.asking.answer(caller, "default", "docs", "How high is the lighthouse of Karsund?")
    cited = answer.citations[0]
    changed = await workspace.add(caller, "tower.md", LIGHTHOUSE.replace("41 metres", "44 metres"))
    assert (changed.outcome, changed.document.latest.number) == ("changed", 2)
    assert changed.document.latest.digest != first.document.latest.digest
    now = await workspace.asking.answer(caller, "default", "docs", "How high is the lighthouse of Karsund?")
    assert "44 metres" in now.text
    assert {citation.version.number for citation in now.citations} == {2}
    assert {passage.version.number for passage in now.passages} == {2}
    opened = await workspace.documents.open_text(
        caller, cited.version.document_id, cited.version.number, cited.start, cited.end
    )
    assert opened.text == cited.cited_text
    assert "41 metres" in answer.text
    chunks, real_chunks, terms, real_terms, versions = await counters(workspace.database, caller)
    assert (chunks, terms, versions) == (real_chunks, real_terms, 1)


async def test_a_late_job_of_an_older_version_does_not_take_search_back(workspace: Workspace, caller: Caller) -> None:
    old = await workspace.documents.add(caller, "default", "docs", "a.md", LIGHTHOUSE.encode())
    new = await workspace.add(caller, "a.md", BAKERY)
    await workspace.index(caller, old.document.latest.id)
    shown = await workspace.documents.get(caller, new.document.id)
    assert (shown.searched_number, [version.state for version in shown.versions]) == (2, ["indexed", "indexed"])
    found = await workspace.documents.search(caller, "default", "docs", "lighthouse")
    assert {passage.version.number for passage in found} == {2}


async def test_a_removed_document_is_not_found_but_still_opens(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "tamsin.md", OBSERVATORY)
    late = await workspace.documents.add(caller, "default", "docs", "late.md", BAKERY.encode())
    removed = await workspace.documents.remove(caller, added.document.id)
    assert removed.removed
    assert (await workspace.documents.remove(caller, added.document.id)).removed
    await workspace.documents.remove(caller, late.document.id)
    with pytest.raises(Gone, match="removed before it was indexed"):
        await workspace.index(caller, late.document.latest.id)
    assert await workspace.documents.search(caller, "default", "docs", "comet Vell") == []
    assert (await workspace.documents.list(caller, "default", "docs", None, 10)).items == []
    assert (
        len((await workspace.documents.list(caller, "default", "docs", None, 10, DocumentFilter(removed=True))).items)
        == 2
    )
    assert await counters(workspace.database, caller) == (0, 0, 0, 0, 0)
    opened = await workspace.documents.open_text(caller, added.document.id, 1)
    assert opened.text == OBSERVATORY
    back = await workspace.add(caller, "tamsin.md", OBSERVATORY)
    assert (back.outcome, back.document.latest.number, back.document.removed) == ("restored", 2, False)
    assert await workspace.documents.search(caller, "default", "docs", "comet Vell")


async def test_adding_one_document_at_once_never_skips_a_number(workspace: Workspace, caller: Caller) -> None:
    contents = [f"Version {n} of the text is here.".encode() for n in range(5)]
    added = await asyncio.gather(
        *(workspace.documents.add(caller, "default", "docs", "busy.txt", content) for content in contents)
    )
    assert sorted(one.document.latest.number for one in added) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "document.empty"),
        ("a\x00b.txt", b"x", "document.name_invalid"),
        ("../secret.txt", b"x", "document.name_invalid"),
        ("line\nbreak.txt", b"x", "document.name_invalid"),
        (" ", b"x", "document.name_invalid"),
        ("x" * 513, b"x", "document.name_invalid"),
    ],
)
async def test_what_cannot_be_taken_in_says_why(
    workspace: Workspace, caller: Caller, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await workspace.documents.add(caller, "default", "docs", name, content)
    assert refused.value.code == code


async def test_an_oversized_document_is_refused_with_the_limit(workspace: Workspace, caller: Caller) -> None:
    with pytest.raises(TooLarge) as refused:
        await workspace.documents.add(caller, "default", "docs", "big.txt", b"x" * (MAX_UPLOAD_BYTES + 1))
    assert refused.value.details["limit"] == MAX_UPLOAD_BYTES


@pytest.mark.skipif(find_spec("rapidocr") is not None, reason="with the extra `ocr` every page is read")
async def test_a_document_says_how_many_of_its_pages_nothing_could_read(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "mixed.pdf", scanned_pdf("The text layer.", picture(), None))
    whole = await workspace.add(caller, "whole.md", "All of it.")
    shown = await workspace.documents.get(caller, added.document.id)
    assert (shown.latest.state, shown.latest.pages, shown.latest.unread_pages) == ("indexed", 3, 1)
    assert (await workspace.documents.get(caller, whole.document.id)).latest.unread_pages == 0


async def test_a_collection_name_is_checked(workspace: Workspace, caller: Caller) -> None:
    with pytest.raises(InvalidInput, match="collection"):
        await workspace.documents.add(caller, "default", "a/b", "x.txt", b"x")


async def test_an_unreadable_document_fails_with_its_reason_and_can_be_tried_again(
    workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "broken.pdf", b"MZ\x90\x00 not a document")
    with pytest.raises(InvalidInput):
        await workspace.index(caller, added.document.latest.id)
    (shown,) = (await workspace.documents.list(caller, "default", "docs", None, 10)).items
    assert shown.latest.state == "failed"
    assert shown.latest.error_code is not None
    assert shown.latest.error_message
    with pytest.raises(NotFound) as refused:
        await workspace.documents.open_text(caller, added.document.id, 1)
    assert refused.value.code == "document.not_indexed"
    again = await workspace.documents.add(caller, "default", "docs", "broken.pdf", b"MZ\x90\x00 not a document")
    assert (again.outcome, again.document.latest.state) == ("retried", "queued")
    assert again.job_id != added.job_id


async def test_another_tenant_sees_nothing(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "secret.md", OBSERVATORY)
    other = await make_tenant(workspace.database)
    for attempt in (
        workspace.documents.get(other, added.document.id),
        workspace.documents.remove(other, added.document.id),
        workspace.documents.open_text(other, added.document.id, 1),
        workspace.documents.open_original(other, added.document.id, 1),
        workspace.documents.search(other, "default", "docs", "comet"),
        workspace.documents.list(other, "default", "docs", None, 10),
        workspace.documents.get(caller, new_id()),
    ):
        with pytest.raises(NotFound):
            await attempt
    await workspace.add(other, "mine.md", BAKERY)
    found = await workspace.documents.search(other, "default", "docs", "comet Vell telescope")
    assert {passage.version.document for passage in found} == {"mine.md"}


async def test_originals_open_as_they_were_added(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "folder/o.md", LIGHTHOUSE)
    name, media_type, content = await workspace.documents.open_original(caller, added.document.id, 1)
    assert (name, media_type, content) == ("folder/o.md", "text/markdown", LIGHTHOUSE.encode())
    with pytest.raises(NotFound, match="there are 1 to 1"):
        await workspace.documents.open_original(caller, added.document.id, 7)
    with pytest.raises(InvalidInput):
        await workspace.documents.open_text(caller, added.document.id, 1, 10**6, 10**6 + 1)


async def test_lists_are_paged_by_name(workspace: Workspace, caller: Caller) -> None:
    for name in ("c.txt", "a.txt", "b.txt"):
        await workspace.documents.add(caller, "default", "docs", name, name.encode())
    first = await workspace.documents.list(caller, "default", "docs", None, 2)
    rest = await workspace.documents.list(caller, "default", "docs", first.next_cursor, 2)
    assert [row.name for row in [*first.items, *rest.items]] == ["a.txt", "b.txt", "c.txt"]
    (collection,) = (await workspace.documents.collections(caller, "default", None, 10)).items
    assert (collection.name, collection.documents) == ("docs", 3)


async def test_the_live_check_recomputes_what_the_log_says(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "audited.md", LIGHTHOUSE)
    version = str(added.document.latest.id)
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        rows = await work.session.execute(
            text("SELECT kind, facts FROM audit_entry WHERE subject = :subject"), {"subject": version}
        )
        logged = {row[0]: row[1] for row in rows}
        for kind in (ADDED, INDEXED):
            live = (await DocumentCheck().facts(work, kind, [version]))[version]
            assert {name: logged[kind][name] for name in live} == live
        assert logged[ADDED]["digest"] == added.document.latest.digest
