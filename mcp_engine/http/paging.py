"""Keyset paging: every list answers a `Page` and takes `limit` and `cursor`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

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
    except (binascii.Error, ValueError):
        position = None
    if not isinstance(position, list) or len(position) != parts:  # type: ignore[arg-type]
        raise InvalidInput("paging.bad_cursor", "This cursor is not from this list; begin without one.")
    return tuple(position)  # type: ignore[arg-type]


def page_of(rows: Sequence[T], limit: int, position: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """Return the page of `rows`, which were fetched with `LIMIT limit + 1`."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=shown, next_cursor=encode_cursor(*position(shown[-1])) if more else None)
