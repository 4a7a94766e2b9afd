"""Keyset paging: every list answers a `Page` and takes `limit` and `cursor`."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar, cast
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from mcp_engine.errors import InvalidInput

T = TypeVar("T")
MAX_PAGE = 200

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many items at the most.")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(*position: Any) -> str:
    """Return an opaque cursor for the sort key of a page's last row (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *, parts: int) -> tuple[Any, ...] | None:
    """Return the position in a cursor; None for the first page.

    Raises:
        InvalidInput: `paging.bad_cursor` when it is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(position, list):
        raise bad_cursor()
    found = tuple(cast("list[Any]", position))
    if len(found) != parts or not all(_is_sort_key(part) for part in found):
        raise bad_cursor()
    return found


def decode_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id in the cursor of a list that is ordered by id alone; raises as `decode_cursor`."""
    position = decode_cursor(cursor, parts=1)
    if position is None:
        return None
    try:
        return UUID(str(position[0]))
    except ValueError:
        raise bad_cursor() from None


def decode_number_cursor(cursor: str | None) -> int | None:
    """Return the number in the cursor of a list that is ordered by a number alone; raises as `decode_cursor`."""
    position = decode_cursor(cursor, parts=1)
    if position is None:
        return None
    if not isinstance(position[0], int):
        raise bad_cursor()
    return position[0]


def bad_cursor() -> InvalidInput:
    """Return the error for a position that is none of this list."""
    return InvalidInput("paging.bad_cursor", "This cursor is not from this list; begin without one.")


def _is_sort_key(part: Any) -> bool:
    """Cursors come from outside: only what a column can be compared with gets as far as a query."""
    match part:
        case str():
            return "\x00" not in part and not any("\ud800" <= character <= "\udfff" for character in part)
        case float():
            return math.isfinite(part)
        case int() | None:
            return True
        case _:
            return False


def page_of(rows: Sequence[T], limit: int, position: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """Return the page of `rows`, which were fetched with `LIMIT limit + 1`."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=shown, next_cursor=encode_cursor(*position(shown[-1])) if more else None)
