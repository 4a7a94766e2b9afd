"""What identity's routes take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from mcp_engine.access import PrincipalKind
from mcp_engine.identity.permissions import EVERY_SCOPE, Role
from mcp_engine.identity.service import DEFAULT_BURST, DEFAULT_REQUESTS_PER_SECOND, Me
from mcp_engine.identity.tables import ApiKey

DisplayName = Annotated[
    str,
    Field(
        min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$", description="For people; no control characters."
    ),
]
_CLOSED = ConfigDict(extra="forbid")
_FROM_ROW = ConfigDict(from_attributes=True)


class NamespaceIn(BaseModel):
    model_config = _CLOSED

    name: str = Field(max_length=128)


class NamespaceOut(BaseModel):
    model_config = _FROM_ROW

    name: str
    created_at: datetime


class TenantIn(BaseModel):
    model_config = _CLOSED

    name: str = Field(max_length=128)


class OwnerKeyOut(BaseModel):
    """A new tenant's owner; the key is in this answer and nowhere else."""

    model_config = _FROM_ROW

    tenant_id: UUID
    principal_id: UUID
    key_id: UUID
    api_key: str


class PrincipalIn(BaseModel):
    model_config = _CLOSED

    kind: PrincipalKind
    name: DisplayName
    role: Role


class PrincipalChange(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = _CLOSED

    role: Role | None = None
    disabled: bool | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.role is None and self.disabled is None:
            raise ValueError("give `role` or `disabled`")
        return self


class PrincipalOut(BaseModel):
    model_config = _FROM_ROW

    id: UUID
    kind: PrincipalKind
    name: str
    role: str
    disabled_at: datetime | None
    created_at: datetime


class KeyIn(BaseModel):
    model_config = _CLOSED

    name: DisplayName
    principal_id: UUID | None = Field(default=None, description="Whose key it is; yours when left out.")
    scopes: list[Annotated[str, Field(max_length=100)]] = Field(
        default=[EVERY_SCOPE], max_length=200, description="`*` stands for whatever the principal's role allows."
    )
    expires_at: AwareDatetime | None = Field(default=None, description="With its time zone; null for never.")
    requests_per_second: float = Field(default=DEFAULT_REQUESTS_PER_SECOND, ge=0.01, le=10_000, allow_inf_nan=False)
    burst: int = Field(default=DEFAULT_BURST, ge=1, le=100_000)


class KeyOut(BaseModel):
    model_config = _FROM_ROW

    id: UUID
    principal_id: UUID
    created_by: UUID
    name: str
    scopes: list[str]
    requests_per_second: float
    burst: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Coarse: may lag behind by five minutes.")


class NewKeyOut(KeyOut):
    """A new key; `api_key` is in this answer and nowhere else."""

    api_key: str

    @classmethod
    def of(cls, row: ApiKey, api_key: str) -> NewKeyOut:
        return cls(**KeyOut.model_validate(row).model_dump(), api_key=api_key)


class SessionIn(BaseModel):
    model_config = _CLOSED

    api_key: str = Field(max_length=256)


class RefreshIn(BaseModel):
    model_config = _CLOSED

    refresh_token: str = Field(max_length=256)


class SessionOut(BaseModel):
    """Send `access_token` as the bearer; exchange `refresh_token` (it works once) before that expires."""

    model_config = _FROM_ROW

    session_id: UUID
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


class SignInLinkOut(BaseModel):
    """Pass `token` to POST /sessions/refresh, once, before it expires."""

    model_config = _FROM_ROW

    token: str
    expires_at: datetime


class TenantOut(BaseModel):
    model_config = _FROM_ROW

    id: UUID
    name: str


class MeOut(BaseModel):
    """Who the presented credential stands for, and what it can do now."""

    tenant: TenantOut
    principal: PrincipalOut
    credential_id: UUID
    scopes: list[str]

    @classmethod
    def of(cls, me: Me) -> MeOut:
        return cls(
            tenant=TenantOut.model_validate(me.tenant),
            principal=PrincipalOut.model_validate(me.principal),
            credential_id=me.caller.credential_id,
            scopes=sorted(me.caller.scopes),
        )


class PermissionOut(BaseModel):
    scope: str
    description: str


class RoleOut(BaseModel):
    role: str
    description: str
    scopes: list[str]


class PermissionsOut(BaseModel):
    """Every scope there is, and the roles that hold it in your tenant."""

    scopes: list[PermissionOut]
    roles: list[RoleOut]
