"""How every domain writes to the log: `await append(work, AuditEvent(...))` inside the change's own transaction."""

from __future__ import annotations

import asyncio
import re
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import UUID

from mcp_engine.audit import repository
from mcp_engine.audit.leaves import Entry
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import InvalidInput
from mcp_engine.identifiers import new_id

MAX_LEAF_BYTES = 64 * 1024
MAX_SUBJECT_CHARACTERS = 256
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_LARGEST_EXACT_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened.

    Args:
        kind: dotted and lower case, noun first: `prompt.pushed`.
        subject: id of what it happened to; proofs and live checks find the entry by it.
        facts: JSON without content: digests, salted commitments, ids, numbers. A string that is the
            subject of another entry (a version's id, say) makes that entry part of this one's proof.
    """

    kind: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise ValueError(f"{self.kind!r} is no kind of audit event: use dotted lower case such as prompt.pushed")
        if not 0 < len(self.subject) <= MAX_SUBJECT_CHARACTERS:
            raise ValueError(f"the subject of an audit event has 1 to {MAX_SUBJECT_CHARACTERS} characters")


async def append(work: UnitOfWork, event: AuditEvent) -> UUID:
    """Record `event` in the transaction of `work`, in one round trip; return the entry's id.

    The entry is durable exactly when the change is. Its number in the tree and a signed checkpoint
    over it follow soon after the commit.

    Raises:
        InvalidInput: `audit.facts_not_storable` or `json.not_canonical` for facts that would not read
            back the same, `audit.facts_too_large` above 64 KiB.
    """
    entry = new_entry(work, event)
    await repository.insert_entry(work.session, entry)
    tell_when_committed(work, {event.kind})
    return entry.id


async def append_all(work: UnitOfWork, events: Sequence[AuditEvent]) -> list[UUID]:
    """As `append` for many events in one round trip; return the entries' ids in order.

    Raises:
        InvalidInput: as `append`; nothing is recorded then.
    """
    # Some 30 µs each: too much for the event loop by the thousand.
    entries = await asyncio.to_thread(lambda: [new_entry(work, event) for event in events])
    await repository.insert_entries(work, entries)
    tell_when_committed(work, {event.kind for event in events})
    return [entry.id for entry in entries]


def new_entry(work: UnitOfWork, event: AuditEvent) -> Entry:
    """Return `event` as an entry of the tenant and actor of `work`, at this moment."""
    _require_storable(event.facts)
    entry_id, now = new_id(), datetime.now(UTC)
    entry = Entry(entry_id, work.tenant_id, event.kind, event.subject, work.actor_id, now, event.facts)
    if len(entry.leaf_data) > MAX_LEAF_BYTES:
        raise InvalidInput("audit.facts_too_large", "The facts of an audit event must stay below 64 KiB; use digests.")
    return entry


_wake_ups: list[Callable[[], None]] = []


def on_append(wake_up: Callable[[], None]) -> Callable[[], None]:
    """Call `wake_up` after each commit of this process that appended; return what undoes the registration.

    Other processes' commits are found by polling. `NOTIFY` would reach across processes, but it
    takes a lock of the whole database at commit and so ends the concurrency of writers.
    """
    _wake_ups.append(wake_up)
    return lambda: _wake_ups.remove(wake_up)


class ChangeListener(Protocol):
    """What keeps something that it read, and must forget it when that has changed."""

    def changed(self, tenant_id: UUID, kind: str) -> None:
        """Learn that a change of this kind is committed, once for each transaction; must not wait."""
        ...


_listeners: weakref.WeakSet[ChangeListener] = weakref.WeakSet()


def listen(listener: ChangeListener) -> None:
    """Tell `listener` of every change that this process commits, for as long as something else holds it.

    Whatever changes is in the log, so nothing is missed here; the changes of other processes are not heard.
    """
    _listeners.add(listener)


def tell_when_committed(work: UnitOfWork, kinds: Collection[str]) -> None:
    """Have the sequencer and the listeners told once entries of `kinds` are durable."""

    def tell() -> None:
        for wake_up in _wake_ups:
            wake_up()
        for listener in list(_listeners):
            for kind in kinds:
                listener.changed(work.tenant_id, kind)

    work.after_commit(tell)


def _require_storable(value: Any) -> None:
    """Refuse what jsonb can't give back the same: NUL characters, and floats that return as larger integers."""
    match value:
        case str():
            if "\x00" in value:
                raise InvalidInput("audit.facts_not_storable", "A fact holds a NUL character; give its digest instead.")
        case float() if abs(value) > _LARGEST_EXACT_INTEGER:
            raise InvalidInput("audit.facts_not_storable", f"The fact {value!r} is too large; give it as a string.")
        case int() | float() | None:
            pass
        case dict() | Mapping():
            for key, item in cast("Mapping[Any, Any]", value).items():
                _require_storable(key)
                _require_storable(item)
        case list() | tuple():
            for item in cast("list[Any]", value):
                _require_storable(item)
        case _:
            pass
