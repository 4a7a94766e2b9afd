"""The durable job that gives signatures to what was indexed before there were any."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from mcp_engine.jobs.context import JobContext
from rag.duplicates.grouping import Print
from rag.duplicates.marking import mark
from rag.duplicates.minhash import signature_of
from rag.duplicates.repository import DuplicateRepository, Unsigned
from rag.repository import DocumentRepository

SIGN: Final = "rag.sign_documents"
_AT_ONCE = 100


class SignJob:
    """Signs the searched versions of one collection (`subject_id`) that have no signature, one transaction each.

    The migration that made the tables enqueues it. A repeat goes on with what is left.
    """

    name = SIGN
    max_attempts = 5

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            total = await DuplicateRepository(work.session, work.tenant_id).unsigned_count(context.subject_id)
        after, done = None, 0
        while some := await self._next(context, after):
            for one in some:
                await self._sign(context, one)
                done += 1
                await context.progress(done, total, "comparing documents")
            after = some[-1].document_id

    async def _next(self, context: JobContext, after: UUID | None) -> list[Unsigned]:
        async with context.unit_of_work() as work:
            repository = DuplicateRepository(work.session, work.tenant_id)
            return await repository.unsigned(context.subject_id, after, _AT_ONCE)

    async def _sign(self, context: JobContext, one: Unsigned) -> None:
        async with context.unit_of_work() as work:
            found = await DocumentRepository(work.session, work.tenant_id).text_of(one.version_id, 0, one.characters)
        if found is None:
            return  # erased meanwhile
        print_ = Print(one.content_sha256, one.text_sha256, await asyncio.to_thread(signature_of, found[0]))
        async with context.unit_of_work() as work:
            document = await DocumentRepository(work.session, work.tenant_id).lock_by_id(one.document_id)
            # Meanwhile another version may be searched, or none: that has signed what is needed.
            if document is None or document.searched_number != one.number:
                return
            if not await DuplicateRepository(work.session, work.tenant_id).is_signed(one.version_id):
                await mark(work, document.collection_id, one.version_id, print_)
