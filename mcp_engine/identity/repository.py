"""Every query of identity. Row-level security adds the tenant to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.identity.permissions import EVERY_SCOPE
from mcp_engine.identity.tables import ApiKey, Namespace, Principal, RefreshToken, Session, Tenant


class KeyRows(NamedTuple):
    """A key with everything that decides what it can do."""

    key: ApiKey
    principal: Principal
    operates: bool


class SessionRows(NamedTuple):
    """A session with the key that opened it."""

    session: Session
    key: ApiKey
    principal: Principal
    operates: bool


async def operating_tenant_id(session: AsyncSession) -> UUID | None:
    """Return the tenant that runs the instance; None before the first start."""
    return (await session.execute(select(col(Tenant.id)).where(col(Tenant.operates)))).scalar()


class IdentityRepository:
    def __init__(self, work: UnitOfWork) -> None:
        self._session = work.session
        self._tenant_id = work.tenant_id

    # tenants and namespaces

    async def add_tenant(self, name: str, *, operates: bool) -> bool:
        """Insert the tenant of this unit of work; False when its name or the operating tenant's place is taken."""
        statement = (
            insert(Tenant)
            .values(id=self._tenant_id, name=name, operates=operates)
            .on_conflict_do_nothing()
            .returning(col(Tenant.id))
        )
        return (await self._session.execute(statement)).scalar() is not None

    async def tenant(self) -> Tenant:
        return (await self._session.execute(select(Tenant).where(col(Tenant.id) == self._tenant_id))).scalar_one()

    async def add_namespace(self, name: str) -> Namespace | None:
        """Insert a namespace; None when it exists."""
        statement = (
            insert(Namespace).values(tenant_id=self._tenant_id, name=name).on_conflict_do_nothing().returning(Namespace)
        )
        return (await self._session.execute(statement)).scalar()

    async def has_namespace(self, name: str) -> bool:
        statement = select(col(Namespace.name)).where(col(Namespace.name) == name)
        return (await self._session.execute(statement)).scalar() is not None

    async def namespaces(self, *, after: str | None, limit: int) -> Sequence[Namespace]:
        statement = select(Namespace).order_by(col(Namespace.name)).limit(limit)
        if after is not None:
            statement = statement.where(col(Namespace.name) > after)
        return (await self._session.execute(statement)).scalars().all()

    async def namespaces_named(self, names: Sequence[str]) -> Sequence[str]:
        statement = select(col(Namespace.name)).where(col(Namespace.name).in_(names))
        return (await self._session.execute(statement)).scalars().all()

    # principals

    async def add_principal(self, principal: Principal) -> Principal | None:
        """Insert a principal; None when its name is taken."""
        statement = (
            insert(Principal)
            .values(principal.model_dump(exclude={"created_at", "disabled_at"}))
            .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
            .returning(Principal)
        )
        return (await self._session.execute(statement)).scalar()

    async def principal(self, principal_id: UUID, *, for_update: bool = False) -> Principal | None:
        statement = select(Principal).where(col(Principal.id) == principal_id)
        if for_update:
            statement = statement.with_for_update()
        return (await self._session.execute(statement)).scalar()

    async def principals(self, *, after: UUID | None, limit: int) -> Sequence[Principal]:
        return await self._page(Principal, Principal.id, after, limit)

    async def principals_by_id(self, ids: Sequence[UUID]) -> Sequence[Principal]:
        return (await self._session.execute(select(Principal).where(col(Principal.id).in_(ids)))).scalars().all()

    async def lock_enabled_owners(self) -> Sequence[UUID]:
        """Return the owners who can still sign in, holding them until the transaction ends."""
        statement = (
            select(col(Principal.id))
            .where(col(Principal.role) == "owner", col(Principal.disabled_at).is_(None))
            .order_by(col(Principal.id))
            .with_for_update()
        )
        return (await self._session.execute(statement)).scalars().all()

    async def change_principal(self, principal_id: UUID, *, role: str, disabled_at: datetime | None) -> Principal:
        statement = (
            update(Principal)
            .where(col(Principal.id) == principal_id)
            .values(role=role, disabled_at=disabled_at)
            .returning(Principal)
        )
        return (await self._session.execute(statement)).scalar_one()

    # keys

    async def add_key(self, key: ApiKey) -> ApiKey:
        self._session.add(key)
        await self._session.flush()
        await self._session.refresh(key)
        return key

    async def key(self, key_id: UUID) -> ApiKey | None:
        return (await self._session.execute(select(ApiKey).where(col(ApiKey.id) == key_id))).scalar()

    async def keys(self, *, principal_id: UUID | None, after: UUID | None, limit: int) -> Sequence[ApiKey]:
        conditions = [] if principal_id is None else [col(ApiKey.principal_id) == principal_id]
        return await self._page(ApiKey, ApiKey.id, after, limit, conditions)

    async def keys_by_id(self, ids: Sequence[UUID]) -> Sequence[ApiKey]:
        return (await self._session.execute(select(ApiKey).where(col(ApiKey.id).in_(ids)))).scalars().all()

    async def revoke_key(self, key_id: UUID, now: datetime) -> bool:
        """Mark a key revoked; False when it was already."""
        statement = (
            update(ApiKey)
            .where(col(ApiKey.id) == key_id, col(ApiKey.revoked_at).is_(None))
            .values(revoked_at=now)
            .returning(col(ApiKey.id))
        )
        return (await self._session.execute(statement)).scalar() is not None

    async def touch_key(self, key_id: UUID, now: datetime, *, unless_since: datetime) -> None:
        stale = or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < unless_since)
        await self._session.execute(
            update(ApiKey)
            .where(col(ApiKey.id) == key_id, stale)
            .values(last_used_at=now)
            .execution_options(synchronize_session=False)
        )

    async def usable_key(self, key_id: UUID) -> KeyRows | None:
        """Return a key that is not revoked, of a principal who is not disabled."""
        statement = (
            select(ApiKey, Principal, col(Tenant.operates))
            .join(Principal, col(Principal.id) == ApiKey.principal_id)
            .join(Tenant, col(Tenant.id) == ApiKey.tenant_id)
            .where(col(ApiKey.id) == key_id, col(ApiKey.revoked_at).is_(None), col(Principal.disabled_at).is_(None))
        )
        row = (await self._session.execute(statement)).one_or_none()
        return KeyRows(*row) if row else None

    async def owners_key(self, now: datetime) -> UUID | None:
        """Return the oldest usable key with every scope of the oldest owner who can sign in."""
        statement = (
            select(col(ApiKey.id))
            .join(Principal, col(Principal.id) == ApiKey.principal_id)
            .where(
                col(Principal.role) == "owner",
                col(Principal.disabled_at).is_(None),
                col(ApiKey.revoked_at).is_(None),
                or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
                literal(EVERY_SCOPE) == any_(col(ApiKey.scopes)),
            )
            .order_by(col(Principal.id), col(ApiKey.id))
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar()

    # sessions

    async def add_session(self, session: Session) -> None:
        self._session.add(session)
        await self._session.flush()

    async def usable_session(self, session_id: UUID) -> SessionRows | None:
        """Return a session that has not ended, of a key that is not revoked, of a principal who is not disabled."""
        statement = (
            select(Session, ApiKey, Principal, col(Tenant.operates))
            .join(ApiKey, col(ApiKey.id) == Session.key_id)
            .join(Principal, col(Principal.id) == ApiKey.principal_id)
            .join(Tenant, col(Tenant.id) == Session.tenant_id)
            .where(
                col(Session.id) == session_id,
                col(Session.ended_at).is_(None),
                col(ApiKey.revoked_at).is_(None),
                col(Principal.disabled_at).is_(None),
            )
        )
        row = (await self._session.execute(statement)).one_or_none()
        return SessionRows(*row) if row else None

    async def end_session(self, session_id: UUID, now: datetime) -> bool:
        """End a session; False when there is none or it has ended."""
        statement = (
            update(Session)
            .where(col(Session.id) == session_id, col(Session.ended_at).is_(None))
            .values(ended_at=now)
            .returning(col(Session.id))
        )
        return (await self._session.execute(statement)).scalar() is not None

    async def remove_expired_sessions(self, key_id: UUID, now: datetime) -> None:
        await self._session.execute(
            delete(Session)
            .where(col(Session.key_id) == key_id, col(Session.expires_at) < now)
            .execution_options(synchronize_session=False)
        )

    async def add_refresh_token(self, token: RefreshToken) -> None:
        self._session.add(token)
        await self._session.flush()

    async def lock_refresh_token(self, token_id: UUID) -> RefreshToken | None:
        statement = select(RefreshToken).where(col(RefreshToken.id) == token_id).with_for_update()
        return (await self._session.execute(statement)).scalar()

    async def use_refresh_token(self, token_id: UUID, now: datetime) -> None:
        await self._session.execute(update(RefreshToken).where(col(RefreshToken.id) == token_id).values(used_at=now))

    async def supersede_successors(self, token_id: UUID, now: datetime) -> bool:
        """Take back the tokens that a used one was exchanged for; False, changing nothing, when one was used."""
        statement = select(RefreshToken).where(col(RefreshToken.previous_id) == token_id)
        successors = (await self._session.execute(statement.order_by(col(RefreshToken.id)).with_for_update())).scalars()
        waiting = [token for token in successors if token.superseded_at is None]
        if any(token.used_at is not None for token in waiting):
            return False
        for token in waiting:
            token.superseded_at = now
        await self._session.flush()
        return True

    async def _page(
        self, table: type[Any], key: Any, after: UUID | None, limit: int, where: Iterable[ColumnElement[bool]] = ()
    ) -> Sequence[Any]:
        statement = select(table).where(*where).order_by(col(key)).limit(limit)
        if after is not None:
            statement = statement.where(col(key) > after)
        return (await self._session.execute(statement)).scalars().all()
