"""Writing down how answers came out."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from rag.asked.tables import AskedAnswerRow


async def add(session: AsyncSession, row: AskedAnswerRow) -> None:
    session.add(row)
    await session.flush()
