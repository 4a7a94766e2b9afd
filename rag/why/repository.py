"""Queries on the passage that was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pgvector.sqlalchemy import Vector
from sqlalchemy import Boolean, Integer, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from rag.sentences import Span
from rag.tables import DocumentRow

Place = tuple[UUID, int]

_TAKEN = 50
"""Of a version's chunks: many more than hold the same words."""


@dataclass(frozen=True, slots=True)
class NearChunk:
    """A chunk of one version, how alike it is to the question, and how much of the expected place it holds."""

    version_id: UUID
    ordinal: int
    start: int
    end: int
    page: int | None
    similarity: float
    overlap: int

    @property
    def place(self) -> Place:
        return self.version_id, self.ordinal


class WhyRepository:
    """Reads documents and chunks in the transaction of `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def document_id(self, collection_id: UUID, wanted: str) -> UUID | None:
        """Return the document of a collection that has this id or else this name."""
        query = select(col(DocumentRow.id)).where(col(DocumentRow.collection_id) == collection_id)
        try:
            found = await self._session.scalar(query.where(col(DocumentRow.id) == UUID(wanted)))
        except ValueError:
            found = None
        return found or await self._session.scalar(query.where(col(DocumentRow.name) == wanted))

    async def place_of(self, version_id: UUID, words: str) -> Span | None:
        """Return where `words` first stand in a version's text, whatever the white space and the capitals."""
        pattern = _SPACE.join(re.escape(word) for word in words.split())
        row = (await self._session.execute(_PLACE, {"version": version_id, "pattern": pattern})).one_or_none()
        return None if row is None or not row.first else Span(row.first - 1, row.after - 1)

    async def chunks(self, version_id: UUID, vector: npt.NDArray[np.float32], span: Span | None) -> list[NearChunk]:
        """Return searched chunks of a version that touch `span`: those that hold most of it first, then the nearest.

        Without a span, the nearest of all.
        """
        begin, end = (0, 0) if span is None else (span.start, span.end)
        place = {"anywhere": span is None, "begin": begin, "finish": end}
        values = {"version": version_id, "vector": vector, "limit": _TAKEN, **place}
        return [NearChunk(*row) for row in (await self._session.execute(_CHUNKS, values)).all()]


_SPACE = "[\\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}]+"
"""What stands between words; PostgreSQL takes white space that must not break for a letter."""

_PLACE = text(
    """
    SELECT regexp_instr(text, :pattern, 1, 1, 0, 'i') AS first, regexp_instr(text, :pattern, 1, 1, 1, 'i') AS after
    FROM document_text WHERE version_id = :version
    """
)

_CHUNKS = text(
    """
    SELECT version_id, ordinal, start, "end", page, -(embedding <#> :vector) AS similarity,
        CASE WHEN :anywhere THEN 0 ELSE LEAST("end", :finish) - GREATEST(start, :begin) END AS overlap
    FROM chunk
    WHERE version_id = :version AND (:anywhere OR ("end" > :begin AND start < :finish))
    ORDER BY overlap DESC, similarity DESC, ordinal LIMIT :limit
    """
).bindparams(
    bindparam("vector", type_=Vector()),
    bindparam("anywhere", type_=Boolean()),
    bindparam("begin", type_=Integer()),
    bindparam("finish", type_=Integer()),
)
