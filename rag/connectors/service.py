"""Sources of a collection: making, showing, reading and removing them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from mcp_engine.access import ENGINE, Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, EngineError, NotFound
from mcp_engine.http.paging import Page, bad_cursor, decode_cursor, decode_id_cursor, page_of
from mcp_engine.identifiers import checked_name, new_id
from mcp_engine.identity.namespaces import require_namespace
from mcp_engine.identity.permissions import OPERATE
from mcp_engine.jobs.service import JobService
from mcp_engine.models.credentials import CredentialSeal
from rag.collections import checked_document_name, find_collection
from rag.connectors import facts
from rag.connectors.changing import (
    NAMES_ITEMS_ANEW,
    READ_ANEW,
    SCHEDULED_ANEW,
    changed_columns,
    check_interval,
    said,
    sealed,
)
from rag.connectors.job import SYNC
from rag.connectors.registry import Connectors, settings_of
from rag.connectors.repository import SourceRepository, StoredRun, StoredSource
from rag.connectors.schemas import ItemOutcome, NewSource, Source, SourceChange, SourceItem, SourceKind, SourceRun
from rag.connectors.tables import SourceRunRow
from rag.connectors.views import kind_view, run_view, source_view
from rag.readers.setting import access_list
from rag.removal import take_out
from rag.repository import DocumentRepository
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.tables import SourceRow

_FAILED_RESTS_SECONDS = 60.0
_ITEMS_REST_SECONDS = 600.0
"""How long a schedule leaves alone a source that could not be read, and single documents of it while nothing changes:
each reading is a job, and stands in the audit log."""


class SourceService:
    """The rules of sources.

    Whoever makes or starts one that reads what belongs to the server needs `instance:operate` besides.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobService,
        connectors: Connectors,
        seal: CredentialSeal,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._connectors = connectors
        self._seal = seal
        self._outbox = StoreOutbox(jobs, store)

    def kinds(self) -> list[SourceKind]:
        """Return the kinds of sources by name."""
        return [kind_view(kind) for kind in self._connectors.all()]

    async def create(self, caller: Caller, namespace: str, collection: str, new: NewSource) -> Source:
        """Make a source, and the collection when it is new; start to read it unless `new.sync` is false.

        Raises:
            InvalidInput: `source.kind_unknown`, `source.settings_invalid`, `source.too_often`, `source.no_credential`,
                `name.invalid`, `document.name_invalid` for the prefix.
            NotAllowed: `access.scope_missing`, `source.path_refused`, `source.address_refused`.
            NotFound: `namespace.not_found`, `source.folder_gone`, `principal.not_found`, `group.not_found`.
            Conflict: `source.exists`, `readers.shuts_you_out`.
        """
        checked_name(collection, what="collection")
        checked_document_name(f"{new.prefix}x")
        kind = self._connectors.named(new.kind)
        settings = settings_of(kind, new.settings)
        if kind.operates(settings):
            caller.require(OPERATE)
        check_interval(kind, new.every_seconds)
        row = SourceRow(
            tenant_id=caller.tenant_id, id=new_id(), collection_id=new_id(), name=new.name, kind=kind.name,
            settings=settings.model_dump(mode="json"), prefix=new.prefix, include=new.include, exclude=new.exclude,
            every_seconds=new.every_seconds, remove_gone=new.remove_gone,
        )  # fmt: skip
        row.sealed_credential = sealed(
            kind, row, new.credential.get_secret_value() if new.credential else "", self._seal
        )
        await kind.check(settings)
        async with self._work(caller) as work:
            await require_namespace(work, namespace)
            place = await DocumentRepository(work.session, work.tenant_id).ensure_collection(namespace, collection)
            row.collection_id = place.id
            repository = SourceRepository(work.session, work.tenant_id)
            if not await repository.add(row):
                raise _taken(new.name)
            readers = None if new.readers is None else await access_list(work, new.readers)
            if readers is not None:
                await repository.set_readers(row, readers)
            await facts.append_created(work, row, readers)
            if new.sync:
                await self._start(work, row, namespace)
            return await _view(work, row.id)

    async def list(
        self, caller: Caller, namespace: str, collection: str, cursor: str | None, limit: int
    ) -> Page[Source]:
        """Return the sources of a collection by name; raises `NotFound` (`collection.not_found`)."""
        after = _name_in(cursor)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = SourceRepository(work.session, work.tenant_id)
            rows = await repository.page(place.id, after, limit + 1)
            lists = await repository.lists([one.row.id for one in rows if one.row.restricted])
        shown = [source_view(one, lists.get(one.row.id)) for one in rows]
        return page_of(shown, limit, lambda one: (one.name,))

    async def get(self, caller: Caller, source_id: UUID) -> Source:
        """Return a source; raises `NotFound` (`source.not_found`)."""
        async with self._work(caller) as work:
            return await _view(work, source_id)

    async def change(self, caller: Caller, source_id: UUID, change: SourceChange) -> Source:
        """Change a source. What is read of it changes only while nobody reads it; its times and its name at any time.

        Raises:
            InvalidInput: as `create`, and `source.credential_needed`, `source.nothing_to_pause`.
            NotAllowed: `access.scope_missing`, `source.path_refused`, `source.address_refused`.
            NotFound: `source.not_found`, `source.folder_gone`, `principal.not_found`, `group.not_found`.
            Conflict: `source.exists`, `source.under_way`, `readers.shuts_you_out`.
        """
        async with self._work(caller) as work:
            stored = (await _found(work, source_id)).row
        kind = self._connectors.named(stored.kind)
        settings = settings_of(kind, stored.settings if change.settings is None else change.settings)
        if kind.operates(settings):
            caller.require(OPERATE)
        if change.settings is not None:
            await kind.check(settings)
        try:
            async with self._work(caller) as work:
                repository = SourceRepository(work.session, work.tenant_id)
                row = await repository.lock(source_id)
                if row is None:
                    raise _no_source(source_id)
                columns = changed_columns(kind, row, change, self._seal)
                is_for_others = await _set_readers(work, row, change)
                if columns or is_for_others:
                    await self._change(work, row, columns, is_for_others=is_for_others)
                return await _view(work, source_id)
        except IntegrityError as error:
            raise _taken(change.name) from error

    async def start(self, caller: Caller, source_id: UUID) -> SourceRun:
        """Have a source read.

        Raises:
            NotFound: `source.not_found`. Conflict: `source.under_way`.
            NotAllowed: `access.scope_missing`.
            InvalidInput: `source.kind_unknown`, `source.settings_invalid` when its kind has changed since.
        """
        async with self._work(caller) as work:
            repository = SourceRepository(work.session, work.tenant_id)
            row = await repository.lock(source_id)
            if row is None:
                raise _no_source(source_id)
            kind = self._connectors.named(row.kind)
            if kind.operates(settings_of(kind, row.settings)):
                caller.require(OPERATE)
            place = await repository.collection(row.collection_id)
            if await repository.is_under_way(source_id):
                raise _under_way(row)
            run = await repository.run(await self._start(work, row, place.namespace))
            assert run is not None
            return run_view(run)

    async def start_due(self, tenant_id: UUID, source_id: UUID) -> None:
        """Have a source read because it is time, unless that is under way or it looks as it did the last time."""
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            stored = await SourceRepository(work.session, work.tenant_id).get(source_id)
        if stored is None or await self._is_unchanged(tenant_id, stored):
            return
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            repository = SourceRepository(work.session, work.tenant_id)
            row = await repository.lock(source_id)
            if row is not None and not row.paused and not await repository.is_under_way(source_id):
                await self._start(work, row, stored.collection.namespace)

    async def remove(self, caller: Caller, source_id: UUID, *, documents: bool) -> int:
        """Remove a source; the job that reads it ends with its next item.

        Args:
            documents: whether those that it brought, and that the caller may read, are taken out of search.

        Returns:
            how many documents were.

        Raises:
            NotFound: `source.not_found`.
        """
        async with self._work(caller) as work:
            repository = SourceRepository(work.session, work.tenant_id)
            row = await repository.lock(source_id)
            if row is None:
                raise _no_source(source_id)
            removed = await repository.lock_documents(source_id) if documents else []
            for document in removed:
                await take_out(work, self._jobs, self._outbox, document)
            await repository.remove(source_id)
            await facts.append_removed(work, row, len(removed))
            return len(removed)

    async def runs(self, caller: Caller, source_id: UUID, cursor: str | None, limit: int) -> Page[SourceRun]:
        """Return the readings of a source, newest first; raises `NotFound` (`source.not_found`)."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            await _found(work, source_id)
            rows = await SourceRepository(work.session, work.tenant_id).runs(source_id, before, limit + 1)
        return page_of([run_view(row) for row in rows], limit, lambda one: (str(one.id),))

    async def items(
        self, caller: Caller, source_id: UUID, outcome: ItemOutcome | None, cursor: str | None, limit: int
    ) -> Page[SourceItem]:
        """Return by name what a source holds; raises `NotFound` (`source.not_found`)."""
        after = _name_in(cursor)
        async with self._work(caller) as work:
            await _found(work, source_id)
            rows = await SourceRepository(work.session, work.tenant_id).items(source_id, outcome, after, limit + 1)
        return page_of([SourceItem.model_validate(row) for row in rows], limit, lambda one: (one.name,))

    async def _change(self, work: UnitOfWork, row: SourceRow, columns: dict[str, Any], *, is_for_others: bool) -> None:
        repository = SourceRepository(work.session, work.tenant_id)
        changed, reads = said(columns), bool(columns.keys() & READ_ANEW)
        changed += ["readers"] if is_for_others else []
        if reads and await repository.is_under_way(row.id):
            raise _under_way(row)
        await repository.change(row, columns | ({"state": None} if reads else {}))
        if columns.keys() & NAMES_ITEMS_ANEW:
            await repository.forget_fingerprints(row.id)
        if columns.keys() & SCHEDULED_ANEW:
            await repository.schedule_anew(row)
        await facts.append_changed(work, row, changed, await repository.readers(row.id))
        if reads and row.every_seconds is not None and not row.paused:
            await self._start(work, row, (await repository.collection(row.collection_id)).namespace)

    async def _start(self, work: UnitOfWork, row: SourceRow, namespace: str) -> UUID:
        run = SourceRunRow(tenant_id=work.tenant_id, id=new_id(), source_id=row.id, job_id=new_id())
        # The run first: who may see its job is read from it, and whoever writes a row must see it.
        await SourceRepository(work.session, work.tenant_id).add_run(run)
        await self._jobs.enqueue(work, kind=SYNC, subject_id=run.id, namespace=namespace, job_id=run.job_id)
        await facts.append_started(work, run)
        return run.id

    async def _is_unchanged(self, tenant_id: UUID, stored: StoredSource) -> bool:
        """Look at what a source looks like; one that can't be looked at is read, so that its run says why."""
        row = stored.row
        if _rests(stored.run):
            return True
        if row.state is None or _wants_another_try(stored.run):
            return False
        kind = self._connectors.named(row.kind)
        credential = None
        if row.sealed_credential is not None:
            credential = self._seal.open(tenant_id, row.id, row.sealed_credential)
        try:
            async with kind.open(settings_of(kind, row.settings), credential) as connector:
                return await connector.state() == row.state
        except EngineError:
            return False

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _view(work: UnitOfWork, source_id: UUID) -> Source:
    readers = await SourceRepository(work.session, work.tenant_id).readers(source_id)
    return source_view(await _found(work, source_id), readers)


async def _set_readers(work: UnitOfWork, row: SourceRow, change: SourceChange) -> bool:
    """Make a source's readers those of a change that names them; return whether they are others now."""
    if "readers" not in change.model_fields_set:
        return False
    repository = SourceRepository(work.session, work.tenant_id)
    before = await repository.readers(row.id)
    after = None if change.readers is None else await access_list(work, change.readers)
    if (before and before.ids) == (after and after.ids):
        return False
    await repository.set_readers(row, after)
    return True


async def _found(work: UnitOfWork, source_id: UUID) -> StoredSource:
    stored = await SourceRepository(work.session, work.tenant_id).get(source_id)
    if stored is None:
        raise _no_source(source_id)
    return stored


def _rests(run: StoredRun | None) -> bool:
    """Return whether the last reading failed a moment ago: the next one would say no more."""
    return run is not None and run.job.state == "failed" and _is_younger(run, _FAILED_RESTS_SECONDS)


def _wants_another_try(run: StoredRun | None) -> bool:
    if run is None:
        return False
    return run.job.state == "failed" or (run.row.failed > 0 and not _is_younger(run, _ITEMS_REST_SECONDS))


def _is_younger(run: StoredRun, seconds: float) -> bool:
    ended = run.job.finished_at or run.row.created_at
    return datetime.now(UTC) - ended < timedelta(seconds=seconds)


def _no_source(source_id: UUID) -> NotFound:
    return NotFound("source.not_found", f"There is no source {source_id}; see the list of a collection's sources.")


def _taken(name: str | None) -> Conflict:
    return Conflict("source.exists", f"The collection has a source {name!r} already; choose another name.")


def _under_way(row: SourceRow) -> Conflict:
    return Conflict("source.under_way", f"{row.name} is being read already; wait for that job, or cancel it.")


def _name_in(cursor: str | None) -> str | None:
    position = decode_cursor(cursor, parts=1)
    if position is not None and not isinstance(position[0], str):
        raise bad_cursor()
    return None if position is None else str(position[0])
