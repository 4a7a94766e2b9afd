"""Taking documents out of search, and erasing what they held."""

from __future__ import annotations

from uuid import UUID

from mcp_engine.audit.erasure import erase
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.jobs.service import JobService
from rag import facts
from rag.collections import erased
from rag.duplicates.marking import forget
from rag.index.repository import IndexRepository
from rag.lost_support.job import recheck
from rag.metadata.setting import describe
from rag.reindexing.repository import ReindexingRepository
from rag.repository import DocumentRepository
from rag.stores.outbox import StoreOutbox
from rag.tables import DocumentRow


async def take_out(work: UnitOfWork, jobs: JobService, outbox: StoreOutbox, row: DocumentRow) -> None:
    """Take a locked document out of search; nothing happens when it was removed before."""
    if row.removed:
        return
    repository = DocumentRepository(work.session, work.tenant_id)
    if row.searched_number is not None:
        searched = await repository.version(row.id, row.searched_number)
        assert searched is not None
        await IndexRepository(work.session).clear(row.collection_id, searched.version.id)
        await outbox.note(work, [searched.version.id])
        await ReindexingRepository(work.session, work.tenant_id).forget(searched.version.id)
        await forget(work, row.collection_id, searched.version.id)
        await recheck(work, jobs, row.id)
    await repository.set_removed(row.id, row.latest_number)
    await facts.append_removed(work, row)


async def erase_contents(
    work: UnitOfWork, jobs: JobService, outbox: StoreOutbox, row: DocumentRow, reason: str
) -> list[UUID]:
    """Erase the bytes and texts of all versions of a locked document, out of search too, and its metadata.

    Returns:
        the tombstones; metadata leaves none but the entry that names its keys.

    Raises:
        Gone: `content.erased` when nothing is left to erase.
    """
    await take_out(work, jobs, outbox, row)
    repository = DocumentRepository(work.session, work.tenant_id)
    tombstones: list[UUID] = []
    for stored in await repository.versions(row.id):
        key = {"version_id": str(stored.version.id)}
        if await repository.has_original(stored.version.id):
            tombstones.append(await erase(work, facts.ORIGINAL_TABLE, key, reason))
        if await repository.has_text(stored.version.id):
            tombstones.append(await erase(work, facts.TEXT_TABLE, key, reason))
    if not tombstones:
        raise erased()
    await describe(work, row, {})
    return tombstones
