"""Who is calling and what they may do: the types every domain shares; the rules are in `identity`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from mcp_engine.errors import NotAllowed

PrincipalKind = Literal["person", "machine"]
ENGINE = UUID(int=0)
"""The actor of what the engine does by itself, and of look-ups before anybody is known."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope that a key can carry, such as `prompts:write`, and what it allows."""

    scope: str
    description: str


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal with the scopes of the credential it presented."""

    tenant_id: UUID
    principal_id: UUID
    principal_kind: PrincipalKind
    scopes: frozenset[str]
    credential_id: UUID

    def require(self, scope: str) -> None:
        """Raise `NotAllowed` (`access.scope_missing`) unless the credential carries `scope`."""
        if scope not in self.scopes:
            raise NotAllowed(
                "access.scope_missing",
                f"This credential lacks the scope {scope!r}; ask an owner for a key that has it.",
                details={"required_scope": scope},
            )

    def require_person(self, code: str, message: str) -> None:
        """Raise `NotAllowed` with this code and message to a machine."""
        if self.principal_kind != "person":
            raise NotAllowed(code, message)


class Authenticator(Protocol):
    """Turns a bearer credential into a caller."""

    async def authenticate(self, credential: str) -> Caller:
        """Return the caller, or raise `NotSignedIn` (unknown, expired, revoked: one message for all)
        or `SlowDown` when the credential's rate limit is spent."""
        ...
