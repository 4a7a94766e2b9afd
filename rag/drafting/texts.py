"""The sentences that questions are asked about, with what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcp_engine.database.engine import UnitOfWork
from rag.drafting.tables import DraftedQuestionRow
from rag.passages import cited
from rag.repository import DocumentRepository
from rag.schemas import CitedVersion

AROUND = 400
"""Characters before and after a sentence."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence of a version, and the text before and after it; all of it None once it is erased."""

    version: CitedVersion
    before: str | None
    sentence: str | None
    after: str | None


async def shown(work: UnitOfWork, rows: Sequence[DraftedQuestionRow]) -> dict[int, Shown]:
    """Return sentences by position, of the versions that the session's reader may read."""
    repository = DocumentRepository(work.session, work.tenant_id)
    origins = await repository.origins(list({row.version_id for row in rows}))
    count = len(rows)
    texts = await repository.slices(
        [
            *((row.version_id, max(0, row.start - AROUND), row.start) for row in rows),
            *((row.version_id, row.start, row.end) for row in rows),
            *((row.version_id, row.end, row.end + AROUND) for row in rows),
        ]
    )
    around = zip(rows, texts[:count], texts[count : 2 * count], texts[2 * count :], strict=True)
    return {
        row.position: Shown(cited(origins[row.version_id]), before, sentence, after)
        for row, before, sentence, after in around
        if row.version_id in origins
    }
