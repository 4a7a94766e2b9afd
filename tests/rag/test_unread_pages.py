"""Documents that were scanned in part: pages that nothing could read, until text recognition is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar, cast

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from rag.jobs import IndexJob
from rag.parsing import wire
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool
from rag.schemas import Added
from rag.strategies import Strategies
from tests.rag.conftest import Attempt, Workspace
from tests.rag.pictures import needs_ocr, picture, scanned_pdf

T = TypeVar("T")
SCAN = scanned_pdf("The text layer.", picture(["The bell was cast in 1802."]))


class WithoutRecognition(ParserPool):
    """Parses as where the extra `ocr` is not installed: pages that wait for recognition are missed."""

    async def _ask(self, request: wire.Message, carried: wire.Answer[T]) -> T:
        found = await super()._ask(request, carried)
        if isinstance(found, ParsedDocument):
            return cast("T", replace(found, unread=(), missed=found.missed or len(found.unread)))
        return found


@pytest.fixture
def nothing_recognises(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("rag.adding", "rag.parsing.formats.scans"):
        monkeypatch.setattr(f"{place}.installed", lambda: None)


@pytest_asyncio.fixture(loop_scope="session")
async def partly(workspace: Workspace, caller: Caller) -> AsyncIterator[Added]:
    """A document of two pages, of which one was not read."""
    added = await workspace.documents.add(caller, "default", "docs", "bell.pdf", SCAN)
    pool = WithoutRecognition(processes=1)
    job = IndexJob(pool, workspace.embedders, Strategies(workspace.artifacts), JobService(workspace.database))
    context = Attempt(workspace.database, caller.tenant_id, caller.principal_id, added.document.latest.id)
    await job.run(cast("JobContext", context))
    await pool.close()
    yield added


@needs_ocr
async def test_they_are_read_once_recognition_is_installed_and_what_was_cited_stays(
    workspace: Workspace, caller: Caller, partly: Added
) -> None:
    documents, id_ = workspace.documents, partly.document.id
    assert (await documents.get(caller, id_)).latest.unread_pages == 1
    again = await documents.retry(caller, id_)
    assert (again.outcome, again.document.latest.number, again.document.searched_number) == ("retried", 2, 1)
    # Asked twice, it is read once.
    assert (await documents.add(caller, "default", "docs", "bell.pdf", SCAN)).outcome == "unchanged"
    await workspace.index(caller, again.document.latest.id)
    shown = await documents.get(caller, id_)
    assert (shown.searched_number, shown.latest.unread_pages) == (2, 0)
    assert shown.latest.content_sha256 == partly.document.latest.content_sha256
    assert "1802" in (await documents.open_text(caller, id_, 2)).text
    found = await documents.search(caller, "default", "docs", "When was the bell cast?", 5)
    assert [(one.version.number, "1802" in one.text) for one in found] == [(2, True)]
    assert "The text layer." in (await documents.open_text(caller, id_, 1)).text
    assert (await documents.add(caller, "default", "docs", "bell.pdf", SCAN)).outcome == "unchanged"
    with pytest.raises(Conflict) as raised:
        await documents.retry(caller, id_)
    assert raised.value.code == "document.not_failed"


@needs_ocr
async def test_the_same_bytes_are_read_again_for_them(workspace: Workspace, caller: Caller, partly: Added) -> None:
    added = await workspace.documents.add(caller, "default", "docs", "bell.pdf", SCAN)
    assert (added.outcome, added.document.latest.number) == ("retried", 2)


@pytest.mark.usefixtures("nothing_recognises")
async def test_before_that_nothing_is_read_again(workspace: Workspace, caller: Caller, partly: Added) -> None:
    assert (await workspace.documents.add(caller, "default", "docs", "bell.pdf", SCAN)).outcome == "unchanged"
    with pytest.raises(InvalidInput) as raised:
        await workspace.documents.retry(caller, partly.document.id)
    assert raised.value.code == "document.ocr_missing"
    assert (await workspace.documents.get(caller, partly.document.id)).latest.number == 1
