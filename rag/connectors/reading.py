"""One reading of a source: what is new, what changed, what is gone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import EngineError, Gone, InvalidInput
from mcp_engine.jobs.context import JobContext, JobTakenAway
from mcp_engine.jobs.service import JobService
from rag.adding import add_content, check_size
from rag.collections import MAX_NAME_CHARACTERS, checked_document_name, name_taken, too_large
from rag.connectors.globs import wanted
from rag.connectors.port import Connector, Fetched, Item
from rag.connectors.repository import KnownItem, SourceRepository
from rag.connectors.tables import SourceItemRow
from rag.readers.setting import restrict_to
from rag.removal import take_out
from rag.repository import DocumentRepository
from rag.stores.outbox import StoreOutbox
from rag.tables import CollectionRow, DocumentRow, SourceRow

MAX_ITEMS = 50_000
"""How many documents one source brings at the most."""
_AT_ONCE = 500
_OUTCOMES = {"added": "added", "changed": "changed", "restored": "changed", "retried": "changed"}
"""What adding did, as a run counts it; all else is `unchanged`."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one run has to read."""

    run_id: UUID
    source: SourceRow
    place: CollectionRow


class Reading:
    """Reads a source on behalf of a run, in the transactions of its job.

    Args:
        max_bytes: the largest document taken in.
    """

    def __init__(
        self,
        context: JobContext,
        task: Task,
        connector: Connector,
        jobs: JobService,
        outbox: StoreOutbox,
        max_bytes: int,
    ) -> None:
        self._context = context
        self._task = task
        self._source = task.source
        self._connector = connector
        self._jobs = jobs
        self._outbox = outbox
        self._max_bytes = max_bytes
        self._gone: set[str] = set()

    async def run(self) -> None:
        """Deal with every item that this run has not dealt with before."""
        await self._context.progress(0, 0, "listing")
        listed = await self._listed()
        known = await self._known()
        left = [item for item in listed.values() if not self._is_done(known.get(item.name))]
        same = [item.name for item in left if _is_same(item, known.get(item.name))]
        for names in _batches(same):
            await self._leave(names)
            await self._context.progress(len(listed) - len(left), len(listed), "reading")
        unlike = [item for item in left if not _is_same(item, known.get(item.name))]
        for number, item in enumerate(unlike, start=len(listed) - len(unlike) + 1):
            await self._take(item, known.get(item.name))
            await self._context.progress(number, len(listed), "reading")
        # Below a folder that can't be listed nothing is known to be gone.
        closed = tuple(name for name in listed if name.endswith("/"))
        missing = [one for name, one in known.items() if name not in listed and not name.startswith(closed or ("\0",))]
        await self._let_go([*missing, *(known[name] for name in self._gone if name in known)])

    def _is_done(self, known: KnownItem | None) -> bool:
        return known is not None and known.run_id == self._task.run_id

    async def _listed(self) -> dict[str, Item]:
        """Return what the source holds and its filters let through, by name."""
        listed: dict[str, Item] = {}
        async for item in self._connector.items():
            if item.name.endswith("/") or wanted(item.name, self._source.include, self._source.exclude):
                found = _storable(item)
                listed[found.name] = found
            if len(listed) > MAX_ITEMS:
                raise InvalidInput(
                    "source.too_many",
                    f"A source brings {MAX_ITEMS:,} documents at the most; choose with include or exclude.",
                )
        return listed

    async def _known(self) -> dict[str, KnownItem]:
        async with self._context.unit_of_work() as work:
            return await SourceRepository(work.session, work.tenant_id).known(self._source.id)

    async def _leave(self, names: Sequence[str]) -> None:
        async with self._context.unit_of_work() as work:
            repository = await self._held(work)
            await repository.mark(self._source.id, names, self._task.run_id, "unchanged")
            await repository.count(self._task.run_id, "unchanged", len(names))

    async def _take(self, item: Item, known: KnownItem | None) -> None:
        """Fetch one item and keep it, or the reason why not."""
        try:
            if item.problem is not None:
                raise item.problem
            checked_document_name(f"{self._source.prefix}{item.name}")
            if item.size is not None and item.size > self._max_bytes:
                raise too_large(self._max_bytes)
            fetched = await self._connector.fetch(item, known and known.fingerprint, self._max_bytes)
            if fetched is None:
                await self._leave([item.name])
            else:
                await self._keep(item, known, fetched)
        except JobTakenAway:
            raise
        except EngineError as error:
            if error.code == "source.removed":
                raise
            if isinstance(error, Gone) and known is not None and known.document_id is not None:
                self._gone.add(item.name)
            else:
                await self._fail(item, error)

    async def _keep(self, item: Item, known: KnownItem | None, fetched: Fetched) -> None:
        check_size(item.name, fetched.content, self._max_bytes)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(fetched.content).hexdigest())
        async with self._context.unit_of_work() as work:
            repository = await self._held(work)
            document = await self._claimed(work, repository, item)
            outcome, _ = await add_content(work, self._jobs, self._task.place, document, fetched.content, sha256)
            counted = _OUTCOMES.get(outcome, "unchanged")
            row = self._row(item, counted)
            row.document_id, row.fingerprint = document.id, fetched.fingerprint
            await repository.note(row)
            await repository.count(self._task.run_id, counted)
            # Under the prefix that the source had before: one document a name, and one name an item.
            before = None if known is None else known.document_id
            if before not in (None, document.id) and await self._take_out(work, before):
                await repository.count(self._task.run_id, "removed")

    async def _claimed(self, work: UnitOfWork, repository: SourceRepository, item: Item) -> DocumentRow:
        """Return the locked document of an item, which is this source's from now on; one that was not before is for
        the source's readers.

        Raises:
            Conflict: `document.name_taken` by another source, or by a document that has readers of its own.
        """
        name = f"{self._source.prefix}{item.name}"
        document = await DocumentRepository(work.session, work.tenant_id).lock_document(self._task.place.id, name)
        if document is None:
            raise name_taken(name)
        owner = document.source_id
        if owner == self._source.id:
            return document
        if document.restricted or (owner is not None and not await repository.is_removed(owner)):
            raise name_taken(name)
        await repository.set_source(document.id, self._source.id)
        readers = await repository.readers(self._source.id)
        if readers is not None:
            await restrict_to(work, document, readers)
        return document

    async def _fail(self, item: Item, error: EngineError) -> None:
        async with self._context.unit_of_work() as work:
            repository = await self._held(work)
            row = self._row(item, "failed")
            row.error_code, row.error_message = error.code, error.message
            await repository.note(row)
            await repository.count(self._task.run_id, "failed")

    async def _let_go(self, missing: Sequence[KnownItem]) -> None:
        """Take out of search what the source does not hold any more, or say that it is kept."""
        if not self._source.remove_gone:
            kept = [one.name for one in missing if one.document_id is not None]
            for names in _batches(kept):
                async with self._context.unit_of_work() as work:
                    await (await self._held(work)).mark(self._source.id, names, self._task.run_id, "gone")
            missing = [one for one in missing if one.document_id is None]
        for one in missing:
            async with self._context.unit_of_work() as work:
                repository = await self._held(work)
                if one.document_id is not None and await self._take_out(work, one.document_id):
                    await repository.count(self._task.run_id, "removed")
                await repository.forget(self._source.id, one.name)

    async def _take_out(self, work: UnitOfWork, document_id: UUID) -> bool:
        document = await DocumentRepository(work.session, work.tenant_id).lock_by_id(document_id)
        if document is None or document.removed or document.source_id != self._source.id:
            return False
        await take_out(work, self._jobs, self._outbox, document)
        return True

    async def _held(self, work: UnitOfWork) -> SourceRepository:
        """Return the queries of a transaction in which nobody removes the source."""
        repository = SourceRepository(work.session, work.tenant_id)
        if await repository.lock(self._source.id, share=True) is None:
            raise removed()
        return repository

    def _row(self, item: Item, outcome: str) -> SourceItemRow:
        return SourceItemRow(
            tenant_id=self._source.tenant_id, source_id=self._source.id, name=item.name, run_id=self._task.run_id,
            outcome=outcome,
        )  # fmt: skip


def removed() -> Gone:
    return Gone("source.removed", "The source was removed while it was read.")


def _is_same(item: Item, known: KnownItem | None) -> bool:
    return (
        known is not None
        and known.outcome != "failed"
        and item.problem is None
        and item.fingerprint is not None
        and item.fingerprint == known.fingerprint
    )


def _storable(item: Item) -> Item:
    """Return an item whose name the database takes; one that can't name a document is a problem of its own."""
    name = item.name.encode(errors="replace").decode().replace("\0", "\ufffd")[:MAX_NAME_CHARACTERS]
    if name == item.name:
        return item
    problem = InvalidInput("document.name_invalid", f"{name!r} can't name a document; rename it, or exclude it.")
    return Item(name, problem=item.problem or problem)


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
