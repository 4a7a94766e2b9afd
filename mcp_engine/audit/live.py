"""How domains prove that their live rows are still what their leaves say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mcp_engine.database.engine import UnitOfWork


@dataclass(frozen=True, slots=True)
class Erased:
    """Stands for a fact that can't be recomputed because its content row is gone.

    Verification then asks for the tombstone that `erase()` left, so name the table and the key as
    they were given to it: a row that merely disappeared is a fault.
    """

    content_table: str
    key: Mapping[str, Any] = field(default_factory=dict[str, Any])


class LiveCheck(Protocol):
    """Recomputes facts from the rows as they are now.

    `facts` gets subjects of entries of one kind, of the tenant of `work`, and returns for each the
    facts it can recompute (any subset of what the domain puts into the event, under the same names),
    each as a JSON value or `Erased`. A subject left out of the answer means that its row is missing.
    It reads only, a few queries a call whatever the number of subjects, and takes digests anew from
    the content, never from a column that holds a digest.
    """

    kinds: frozenset[str]

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]: ...
