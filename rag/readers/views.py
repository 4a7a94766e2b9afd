"""Access lists as callers see them."""

from __future__ import annotations

from rag.readers.repository import AccessList
from rag.readers.schemas import Reader, Readers


def readers_view(readers: AccessList | None) -> Readers:
    """Return who may read something; None for everyone in the tenant."""
    return Readers(
        restricted=readers is not None,
        principals=[Reader(id=one.id, name=one.name) for one in readers.principals] if readers else [],
        groups=[Reader(id=one.id, name=one.name) for one in readers.groups] if readers else [],
    )
