"""The port of connectors: what lists the documents of a source, and fetches one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from mcp_engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Item:
    """What a source holds under one name.

    Args:
        name: unique in the source and the same at each reading; with the source's prefix it names the document. One
            that ends in a slash has a `problem`, and stands for everything below: of that nothing counts as gone.
        fingerprint: changes when the content does (etag, blob id, times and size); None when only fetching tells.
        size: in bytes, where the listing says it.
        media_type: a guess, where the listing has one.
        problem: why it can't be fetched, where that is known already.
    """

    name: str
    fingerprint: str | None = None
    size: int | None = None
    media_type: str | None = None
    problem: EngineError | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an item, and the fingerprint that tells whether they changed since."""

    content: bytes
    fingerprint: str


class Connector(Protocol):
    """A source while it is read, from one listing on; used by one task."""

    def items(self) -> AsyncIterator[Item]:
        """Return everything that the source holds now, each name once.

        Returning to the end means that the listing is whole: what it does not name is gone. What it can't finish it
        raises: `InvalidInput` and `NotFound` (`source.…`) where a repeat would end as badly, `TryLater` elsewhere.
        """
        ...

    async def fetch(self, item: Item, known: str | None, limit: int) -> Fetched | None:
        """Return the bytes of a listed item; None when they still are what the fingerprint `known` stands for.

        Raises:
            TooLarge: `document.too_large` beyond `limit` bytes; never reads much more than that.
            Gone: `source.item_gone` when the source has it no longer.
            EngineError: any other reason; it is shown with the item, and the next one is read.
        """
        ...

    async def state(self) -> str | None:
        """Return what stays the same as long as the source does, found out quickly; None where nothing is quick.

        May raise what `items` raises.
        """
        ...


class ConnectorKind(Protocol):
    """A kind of source, found by name (`registry.Connectors`).

    `settings` is a closed pydantic model (`extra="forbid"`); nothing in it is secret, for everyone who may read
    documents sees it. `place` names the member that says where the source is: the command line takes it as an
    argument. `credential` says what its secret is, for people; "" for a kind without. `least_seconds` is how often
    it may be read.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def settings(self) -> type[BaseModel]: ...

    @property
    def place(self) -> str: ...

    @property
    def credential(self) -> str: ...

    @property
    def least_seconds(self) -> int: ...

    def operates(self, settings: Any) -> bool:
        """Return whether reading it uses what belongs to the server (its disk, its keys), so that whoever makes or
        starts such a source needs `instance:operate`."""
        ...

    async def check(self, settings: Any) -> None:
        """Raise what keeps these settings from ever being read: a path, host or package that is not allowed or not
        there (`InvalidInput`, `NotAllowed`, `Refused`). Must not wait for other servers, except for DNS."""
        ...

    def open(self, settings: Any, credential: str | None) -> AbstractAsyncContextManager[Connector]:
        """Return the source, which is closed at the end of the block. Entering raises what `items` raises."""
        ...
