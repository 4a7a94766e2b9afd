"""Namespaces: the projects inside a tenant, by name."""

from __future__ import annotations

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import NotFound
from mcp_engine.identity.repository import IdentityRepository

DEFAULT_NAMESPACE = "default"
_NAMED_IN_ERRORS = 20


async def require_namespace(work: UnitOfWork, name: str) -> None:
    """Return if the tenant has the namespace.

    Raises:
        NotFound: `namespace.not_found`, naming those that exist.
    """
    repository = IdentityRepository(work)
    if "\x00" not in name and await repository.has_namespace(name):
        return
    existing = [row.name for row in await repository.namespaces(after=None, limit=_NAMED_IN_ERRORS + 1)]
    shown = ", ".join(existing[:_NAMED_IN_ERRORS]) + (", …" if len(existing) > _NAMED_IN_ERRORS else "")
    raise NotFound(
        "namespace.not_found",
        f"There is no namespace {name[:140]!r}; choose one of: {shown or '(none yet)'}.",
        details={"existing": existing[:_NAMED_IN_ERRORS]},
    )
