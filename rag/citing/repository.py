"""Queries on where in a text a citation stands."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class PlaceRepository:
    """Reads texts in the transaction of `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def blocks(self, places: Sequence[tuple[UUID, int, int]]) -> list[tuple[int, int] | None]:
        """Return the first and the last block, from 0, that `text[start:end]` of each version touches, in order.

        Blocks are what blank lines and page breaks divide. None where the text is gone.
        """
        rows = await self._session.execute(
            _BLOCKS,
            {
                "versions": [place[0] for place in places],
                "starts": [place[1] for place in places],
                "ends": [place[2] for place in places],
            },
        )
        return [None if row.first is None else (row.first, row.first + row.further) for row in rows]


# What stands before the first word of a text divides nothing; nor does what follows the last word of a citation.
_BLOCKS = text(
    r"""
    SELECT
        regexp_count(ltrim(substring(document_text.text FROM 1 FOR start), E' \t\n\r\f\x0b'), gap) AS first,
        regexp_count(
            btrim(substring(document_text.text FROM start + 1 FOR finish - start), E' \t\n\r\f\x0b'), gap
        ) AS further
    FROM unnest(CAST(:versions AS uuid[]), CAST(:starts AS int[]), CAST(:ends AS int[]))
        WITH ORDINALITY AS place (version_id, start, finish, position)
    CROSS JOIN (VALUES (E'(\n[ \t\r\x0b]*\n|\f)[ \t\n\r\f\x0b]*')) AS divided (gap)
    LEFT JOIN document_text USING (version_id)
    ORDER BY position
    """
)
