"""The durable job that gives signatures to what was indexed before there were any."""

from __future__ import annotations

import asyncio
from typing import Final

from mcp_engine.jobs.context import JobContext
from rag.duplicates.grouping import Print
from rag.duplicates.marking import mark
from rag.duplicates.minhash import signature_of
from rag.duplicates.repository import DuplicateRepository, Unsigned
from rag.repository import DocumentRepository

SIGN: Final = "rag.sign_documents"


class SignJob:
    """Signs the searched versions of one collection (`subject_id`) that have no signature, one transaction each.

    The migration that made the tables enqueues it. A repeat goes on with what is left.
    """

    name = SIGN
    max_attempts = 5

    async def run(self, context: JobContext) -> None:
        done = 0
        while (found := await self._next(context)) is not None:
            one, left = found
            await context.progress(done, done + left, "comparing documents")
            print_ = Print(one.content_sha256, one.text_sha256, await asyncio.to_thread(signature_of, one.text))
            await self._keep(context, one, print_)
            done += 1

    async def _next(self, context: JobContext) -> tuple[Unsigned, int] | None:
        async with context.unit_of_work() as work:
            repository = DuplicateRepository(work.session, work.tenant_id)
            one = await repository.unsigned(context.subject_id)
            return None if one is None else (one, await repository.unsigned_count(context.subject_id))

    async def _keep(self, context: JobContext, one: Unsigned, print_: Print) -> None:
        async with context.unit_of_work() as work:
            document = await DocumentRepository(work.session, work.tenant_id).lock_by_id(one.document_id)
            # Meanwhile another version may be searched, or none: that has signed what is needed.
            if document is None or document.searched_number != one.number:
                return
            if not await DuplicateRepository(work.session, work.tenant_id).is_signed(one.version_id):
                await mark(work, document.collection_id, one.version_id, print_)
