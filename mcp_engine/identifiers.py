"""Identifiers and names."""

from __future__ import annotations

import re
from uuid import UUID

from uuid_utils.compat import uuid7

from mcp_engine.errors import InvalidInput

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_NAME = re.compile(NAME_PATTERN)


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and ordered by time so that indexes stay dense."""
    return uuid7()


def checked_name(name: str, *, what: str) -> str:
    """Return `name` if it can name an artifact, label, collection or namespace.

    Raises:
        InvalidInput: `name.invalid`, saying which characters are allowed.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "name.invalid",
            f"{name[:140]!r} can't name a {what}: use 1 to 128 of the characters A-Z a-z 0-9 . _ - "
            "and begin with a letter or a digit.",
        )
    return name
