"""Rows of identity; the constraints are in the migration `0002_identity`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Index, String, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


class Tenant(SQLModel, table=True):
    """An isolated customer of the instance. The table is global: it holds names and nothing else."""

    __tablename__: ClassVar[Any] = "tenant"
    __table_args__ = (Index("ix_tenant_operates", "operates", unique=True, postgresql_where=text("operates")),)

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    operates: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether its owners run the instance itself (`instance:operate`); true for one tenant at most."""
    created_at: datetime = created_field()


class Namespace(SQLModel, table=True):
    """A project inside a tenant."""

    __tablename__: ClassVar[Any] = "namespace"

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    name: str = Field(primary_key=True)
    created_at: datetime = created_field()


class Principal(SQLModel, table=True):
    """A person or a machine, with one role."""

    __tablename__: ClassVar[Any] = "principal"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    id: UUID = Field(primary_key=True)
    kind: str
    name: str
    role: str
    disabled_at: datetime | None = timestamp_field(nullable=True)
    created_at: datetime = created_field()


class ApiKey(TenantRow, table=True):
    """A long-lived credential of a principal; the secret itself is never stored."""

    __tablename__: ClassVar[Any] = "api_key"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "principal_id"], ["principal.tenant_id", "principal.id"]),)

    id: UUID = Field(primary_key=True)
    principal_id: UUID
    created_by: UUID
    """The principal that made the key: whoever asks for two persons can see that one made both keys."""
    name: str
    secret_hash: bytes
    scopes: list[str] = Field(sa_type=ARRAY(String))  # type: ignore[call-overload]
    requests_per_second: float
    burst: int
    created_at: datetime = created_field()
    expires_at: datetime | None = timestamp_field(nullable=True)
    revoked_at: datetime | None = timestamp_field(nullable=True)
    last_used_at: datetime | None = timestamp_field(nullable=True)
    """Coarse: written at most once in `authentication.LAST_USED_RESOLUTION`."""


class Session(TenantRow, table=True):
    """What one exchange of a key opened: a family of refresh tokens, each used once."""

    __tablename__: ClassVar[Any] = "session"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "key_id"], ["api_key.tenant_id", "api_key.id"]),
        Index("ix_session_tenant_id_key_id", "tenant_id", "key_id"),
    )

    id: UUID = Field(primary_key=True)
    key_id: UUID
    created_at: datetime = created_field()
    expires_at: datetime = timestamp_field()
    ended_at: datetime | None = timestamp_field(nullable=True)


class RefreshToken(TenantRow, table=True):
    """One link of a session's chain; kept after its use so that a second use is recognised."""

    __tablename__: ClassVar[Any] = "refresh_token"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "session_id"], ["session.tenant_id", "session.id"], ondelete="CASCADE"),
        Index("ix_refresh_token_tenant_id_session_id", "tenant_id", "session_id"),
    )

    id: UUID = Field(primary_key=True)
    session_id: UUID
    secret_hash: bytes
    created_at: datetime = created_field()
    expires_at: datetime = timestamp_field()
    is_link: bool = False
    """Of a sign-in link: what it answers can't be asked for again."""
    previous_id: UUID | None = None
    """The token whose use made this one."""
    used_at: datetime | None = timestamp_field(nullable=True)
    superseded_at: datetime | None = timestamp_field(nullable=True)
    """When the token before was used once more, because the answer with this one was lost."""
