"""The durable job that looks again at the answers that cite a document, after what is searched of it changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.events import append_all
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import SlowDown
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from rag.lost_support import facts
from rag.lost_support.repository import Answer, Looked, Searched, SupportRepository
from rag.lost_support.standing import Cited, SearchedText, Standing, look_for
from rag.repository import DocumentRepository

RECHECK: Final = "rag.recheck_answers"
_AT_ONCE = 100


async def recheck(work: UnitOfWork, jobs: JobService, document_id: UUID) -> None:
    """Have the answers that cite a document looked at again, in the transaction that changes what is searched of it.

    Nothing is queued when no answer cites it. One that is given at the same time is not seen here: `recheck_overtaken`.
    """
    repository = SupportRepository(work.session, work.tenant_id)
    if await repository.is_cited(document_id):
        await _enqueue(work, jobs, document_id)


async def recheck_overtaken(work: UnitOfWork, jobs: JobService, version_ids: Collection[UUID]) -> None:
    """Have the answers looked at again that cite these versions, as far as others are searched by now.

    In the transaction that records an answer, which may cite what was searched before a change. A change that
    is not committed yet can't be told from one that was rolled back: its document is looked at in any case.
    """
    for document_id in await SupportRepository(work.session, work.tenant_id).overtaken(version_ids):
        await _enqueue(work, jobs, document_id)


async def _enqueue(work: UnitOfWork, jobs: JobService, document_id: UUID) -> None:
    namespace = await SupportRepository(work.session, work.tenant_id).namespace(document_id)
    await jobs.enqueue_unless_waiting(work, kind=RECHECK, subject_id=document_id, namespace=namespace)


class RecheckJob:
    """Looks for the citations of one document (`subject_id`) in what is searched of it now, some answers a transaction.

    A repeat goes on with the answers that were not looked at yet. When what is searched changes once more, the job of
    that change does the rest.
    """

    name = RECHECK
    max_attempts = 20
    """Most of them for documents that are being changed: about an hour."""

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            if await DocumentRepository(work.session, work.tenant_id).is_being_changed(context.subject_id):
                # That change has not seen the answer that this job was queued with. It may take long: comes back.
                raise SlowDown("answer.document_changing", "The document is being changed.", retry_after_seconds=1)
            repository = SupportRepository(work.session, work.tenant_id)
            searched = await repository.searched(context.subject_id)
            text = await repository.text(searched.version_id) if searched and searched.version_id else None
        within = None if text is None else SearchedText(text)
        if searched is None:
            return
        after, done = None, 0
        while answers := await self._next(context, searched, after):
            looked = await asyncio.to_thread(_look, searched, answers, within)
            if not await self._keep(context, searched, looked):
                return
            after, done = answers[-1].execution_id, done + len(answers)
            await context.progress(done, done, "looking at answers again")

    async def _next(self, context: JobContext, searched: Searched, after: UUID | None) -> list[Answer]:
        async with context.unit_of_work() as work:
            return await SupportRepository(work.session, work.tenant_id).unlooked(searched, after, _AT_ONCE)

    async def _keep(self, context: JobContext, searched: Searched, looked: Sequence[Looked]) -> bool:
        """Keep what was found and say in the log what changed; False when something else is searched by now."""
        async with context.unit_of_work() as work:
            await DocumentRepository(work.session, work.tenant_id).lock_by_id(searched.document_id)
            repository = SupportRepository(work.session, work.tenant_id)
            if await repository.searched(searched.document_id) != searched:
                return False
            if not looked:
                return True
            before = await repository.standings(searched.document_id, list({one.execution_id for one in looked}))
            await repository.keep(searched, looked)
            changed: dict[UUID, dict[int, Standing]] = {}
            for one in looked:
                if before.get((one.execution_id, one.n), "verbatim") != one.found.standing:
                    changed.setdefault(one.execution_id, {})[one.n] = one.found.standing
            if changed:
                await append_all(work, [facts.changed(one, searched, found) for one, found in changed.items()])
        return True


def _look(searched: Searched, answers: Sequence[Answer], within: SearchedText | None) -> list[Looked]:
    """Return every citation of the document in the answers, and how it stands."""
    document_id = str(searched.document_id)
    cited: list[tuple[UUID, dict[str, Any]]] = [
        (answer.execution_id, citation)
        for answer in answers
        for citation in json.loads(answer.output)["citations"]
        if citation["version"]["document_id"] == document_id
    ]
    found = look_for([Cited(citation["cited_text"], citation["start"]) for _, citation in cited], within)
    return [
        Looked(execution_id, citation["n"], UUID(citation["version"]["version_id"]), one)
        for (execution_id, citation), one in zip(cited, found, strict=True)
    ]
