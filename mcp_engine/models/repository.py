"""Every query on model providers; row-level security binds each to the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.models.tables import ModelProvider


class ProviderRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, provider: ModelProvider) -> None:
        """Insert, and set `created_at`; raises SQLAlchemy's `IntegrityError` when the tenant has the name already."""
        statement = insert(ModelProvider).values(provider.model_dump(exclude={"created_at"}))
        inserted = await self._session.execute(statement.returning(col(ModelProvider.created_at)))
        provider.created_at = inserted.scalar_one()

    async def find(self, name: str) -> ModelProvider | None:
        return (
            await self._session.execute(select(ModelProvider).where(col(ModelProvider.name) == name))
        ).scalar_one_or_none()

    async def page(self, *, after: str | None, limit: int) -> Sequence[ModelProvider]:
        """Return up to `limit` providers by name."""
        query = select(ModelProvider).order_by(col(ModelProvider.name)).limit(limit)
        if after is not None:
            query = query.where(col(ModelProvider.name) > after)
        return (await self._session.execute(query)).scalars().all()

    async def all(self) -> Sequence[ModelProvider]:
        return (await self._session.execute(select(ModelProvider).order_by(col(ModelProvider.name)))).scalars().all()

    async def delete(self, provider: ModelProvider) -> bool:
        """Delete; False when another transaction was faster."""
        statement = (
            delete(ModelProvider)
            .where(col(ModelProvider.tenant_id) == provider.tenant_id, col(ModelProvider.id) == provider.id)
            .returning(col(ModelProvider.id))
        )
        return (await self._session.execute(statement)).scalar() is not None
