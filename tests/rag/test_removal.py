"""Collections that are removed, contents that are erased, and failures that are tried again."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.errors import Conflict, Gone, InvalidInput, NotFound
from mcp_engine.identifiers import new_id
from rag.facts import ADDED, INDEXED, DocumentCheck
from rag.stored import DocumentFilter
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

UNREADABLE = b"MZ\x90\x00 not a document"


async def left_of_content(workspace: Workspace, caller: Caller) -> dict[str, int]:
    """Count the tenant's rows of every table that holds content in some form."""
    tables = (
        "document_original", "document_text", "chunk", "chunk_sentences", "posting", "document_signature",
        "signature_band",
    )  # fmt: skip
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return {table: int(await work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in tables}


async def test_collections_count_what_waits_and_what_failed(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "done.md", LIGHTHOUSE)
    await workspace.documents.add(caller, "default", "docs", "waits.md", BAKERY.encode())
    failing = await workspace.documents.add(caller, "default", "docs", "broken.pdf", UNREADABLE)
    with pytest.raises(InvalidInput):
        await workspace.index(caller, failing.document.latest.id)
    (collection,) = (await workspace.documents.collections(caller, "default", None, 10)).items
    assert (collection.documents, collection.indexing, collection.failed) == (3, 1, 1)


async def test_a_list_shows_one_state_or_part_of_a_name(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "guide/Lighthouse_1%.md", LIGHTHOUSE)
    await workspace.documents.add(caller, "default", "docs", "waits.md", BAKERY.encode())

    async def names(wanted: DocumentFilter) -> list[str]:
        return [one.name for one in (await workspace.documents.list(caller, "default", "docs", None, 10, wanted)).items]

    assert await names(DocumentFilter(state="indexed")) == ["guide/Lighthouse_1%.md"]
    assert await names(DocumentFilter(state="queued")) == ["waits.md"]
    assert await names(DocumentFilter(name="lightHOUSE_1%")) == ["guide/Lighthouse_1%.md"]
    assert await names(DocumentFilter(name="lighthouse%%")) == []


async def test_a_removed_collection_is_listed_no_more_until_something_is_added(
    workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "a.md", LIGHTHOUSE)
    await workspace.add(caller, "b.md", BAKERY)
    await workspace.add(caller, "other.md", OBSERVATORY, collection="kept")
    assert await workspace.documents.remove_collection(caller, "default", "docs") == 2
    assert [one.name for one in (await workspace.documents.collections(caller, "default", None, 10)).items] == ["kept"]
    assert await workspace.documents.search(caller, "default", "docs", "lighthouse of Karsund") == []
    assert await workspace.documents.remove_collection(caller, "default", "docs") == 0
    with pytest.raises(NotFound):
        await workspace.documents.remove_collection(await make_tenant(workspace.database), "default", "kept")
    await workspace.add(caller, "a.md", LIGHTHOUSE)
    assert len((await workspace.documents.collections(caller, "default", None, 10)).items) == 2


async def test_erased_content_is_nowhere_any_more(workspace: Workspace, caller: Caller) -> None:
    first = await workspace.add(caller, "secret.md", LIGHTHOUSE)
    await workspace.add(caller, "secret.md", BAKERY)
    tombstones = await workspace.documents.erase(caller, first.document.id, "asked for by its author")
    assert len(tombstones) == 4
    assert set((await left_of_content(workspace, caller)).values()) == {0}
    shown = await workspace.documents.get(caller, first.document.id)
    assert (shown.removed, [version.erased for version in shown.versions]) == (True, [True, True])
    assert await workspace.documents.search(caller, "default", "docs", "rye bread oven") == []
    for number in (1, 2):
        with pytest.raises(Gone):
            await workspace.documents.open_text(caller, first.document.id, number)
        with pytest.raises(Gone):
            await workspace.documents.open_original(caller, first.document.id, number)
    with pytest.raises(Gone):
        await workspace.documents.erase(caller, first.document.id, "again")
    with pytest.raises(NotFound):
        await workspace.documents.erase(caller, new_id(), "nothing")
    back = await workspace.add(caller, "secret.md", BAKERY)
    assert (back.outcome, back.document.latest.number, back.document.latest.erased) == ("changed", 3, False)


async def test_the_log_knows_that_content_was_erased(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "audited.md", LIGHTHOUSE)
    version = str(added.document.latest.id)
    tombstones = await workspace.documents.erase(caller, added.document.id, "a reason")
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for kind, erased in ((ADDED, "content_sha256"), (INDEXED, "text_sha256")):
            live = (await DocumentCheck().facts(work, kind, [version]))[version]
            assert live[erased].key == {"version_id": version}
        kinds = await work.session.scalars(
            text("SELECT kind FROM audit_entry WHERE subject = ANY(:ids)"), {"ids": [str(one) for one in tombstones]}
        )
        assert list(kinds) == ["content.erased"] * 2


async def test_a_job_that_ends_after_the_erasure_brings_nothing_back(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "late.md", LIGHTHOUSE.encode())
    await workspace.documents.erase(caller, added.document.id, "before it was indexed")
    with pytest.raises(Gone):
        await workspace.index(caller, added.document.latest.id)
    assert set((await left_of_content(workspace, caller)).values()) == {0}


async def test_a_failed_document_is_tried_again(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "broken.pdf", UNREADABLE)
    with pytest.raises(InvalidInput):
        await workspace.index(caller, added.document.latest.id)
    again = await workspace.documents.retry(caller, added.document.id)
    assert (again.outcome, again.document.latest.state, again.document.latest.number) == ("retried", "queued", 1)
    assert again.job_id != added.job_id
    with pytest.raises(Conflict, match="is queued") as refused:
        await workspace.documents.retry(caller, added.document.id)
    assert refused.value.code == "document.not_failed"
    await workspace.documents.remove(caller, added.document.id)
    with pytest.raises(Conflict, match="is removed"):
        await workspace.documents.retry(caller, added.document.id)
    with pytest.raises(NotFound):
        await workspace.documents.retry(caller, new_id())


async def test_what_has_no_pages_says_null(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "a.md", LIGHTHOUSE)
    (shown,) = (await workspace.documents.list(caller, "default", "docs", None, 10)).items
    assert shown.latest.pages is None
