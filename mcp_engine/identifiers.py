"""Identifiers and names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from mcp_engine.errors import InvalidInput

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
NAME_RULE = "use 1 to 128 of the characters A-Z a-z 0-9 . _ - and begin with a letter or a digit"
_NAME = re.compile(NAME_PATTERN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_MILLISECOND = 2**48 - 1


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and ordered by time so that indexes stay dense."""
    return uuid7()


def lowest_id_at(moment: datetime, slack: timedelta = timedelta()) -> UUID:
    """Return what no UUIDv7 made at `moment` (aware) plus `slack` or later is below: an index on ids finds a time.

    A UUIDv7 begins with its millisecond in 48 bits (RFC 9562, 5.7); moments outside of these are clamped.
    """
    milliseconds = int((moment - _EPOCH + slack).total_seconds() * 1000)
    return UUID(int=min(max(milliseconds, 0), _LARGEST_MILLISECOND) << 80)


def checked_name(name: str, *, what: str) -> str:
    """Return `name` if it can name an artifact, label, collection or namespace.

    Raises:
        InvalidInput: `name.invalid`, saying which characters are allowed.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput("name.invalid", f"{name[:140]!r} can't name a {what}: {NAME_RULE}.")
    return name
