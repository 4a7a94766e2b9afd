"""Keeping signatures and groups with what is searched, in the transaction that changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from rag.duplicates.grouping import Print, groups_of
from rag.duplicates.minhash import NEAR, buckets, similarities
from rag.duplicates.repository import DuplicateRepository, Found

REGROUPED_AT_MOST = 256
"""A larger group stays as it is when it loses a document, though that one may have been all that joined two halves."""


async def mark(work: UnitOfWork, collection_id: UUID, version_id: UUID, print_: Print) -> None:
    """Keep the signature of a version that is searched from now on, and put it with its duplicates."""
    repository = DuplicateRepository(work.session, work.tenant_id)
    await repository.lock_collection(collection_id)
    filed = buckets(print_.minhash)
    # What is like an exact copy is like this one too, and stands in its group already.
    others = await repository.same(collection_id, print_.content_sha256, print_.text_sha256)
    if not others and filed:
        candidates = await repository.near(collection_id, filed)
        alike = similarities(print_.minhash, [one.print.minhash for one in candidates])
        others = [one for one, similarity in zip(candidates, alike, strict=True) if similarity >= NEAR]
    await repository.insert(collection_id, version_id, print_, filed)
    if others:
        await _join(repository, collection_id, version_id, others)


async def forget(work: UnitOfWork, collection_id: UUID, version_id: UUID) -> None:
    """Remove the signature of a version that is searched no more; what it alone joined falls apart."""
    repository = DuplicateRepository(work.session, work.tenant_id)
    await repository.lock_collection(collection_id)
    group_id = await repository.remove(version_id)
    if group_id is None:
        return
    if await repository.grow(group_id, -1) <= REGROUPED_AT_MOST:
        await _regroup(repository, collection_id, group_id)


async def _join(
    repository: DuplicateRepository, collection_id: UUID, version_id: UUID, others: Sequence[Found]
) -> None:
    groups = sorted({one.group_id for one in others if one.group_id is not None})
    group_id = groups[0] if groups else await repository.new_group(collection_id)
    coming = {version_id, *(one.version_id for one in others if one.group_id is None)}
    await repository.put(coming, group_id)
    merged = await repository.merge(groups[1:], group_id) if groups[1:] else 0
    await repository.grow(group_id, len(coming) + merged)


async def _regroup(repository: DuplicateRepository, collection_id: UUID, group_id: UUID) -> None:
    left = await repository.of_group(group_id)
    first, *others = await asyncio.to_thread(groups_of, [one.print for one in left])
    if len(first) == 1:
        await repository.put([one.version_id for one in left], None)
        await repository.remove_group(group_id)
        return
    for positions in others:
        version_ids = [left[position].version_id for position in positions]
        other = await repository.new_group(collection_id) if len(positions) > 1 else None
        await repository.put(version_ids, other)
        if other is not None:
            await repository.grow(other, len(positions))
    await repository.grow(group_id, len(first) - len(left))
