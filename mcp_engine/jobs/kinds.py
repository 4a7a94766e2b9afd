"""A kind of durable job: what it runs, and which of its errors are worth another attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from mcp_engine.errors import EngineError, SlowDown
from mcp_engine.jobs.context import JobContext

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0


class JobKind(Protocol):
    """What a component contributes so that workers can run its jobs.

    `name` is stable and prefixed by its component (`rag.index`). `max_attempts` counts the attempts
    that ended with an error of the kind's own; an attempt whose worker was lost is not one of them, nor one that
    the database left (`database.outages`).

    `run` may be called several times for one job (a worker died, an error was transient), never by
    two workers whose writes both land: everything it writes goes through `context.unit_of_work()`,
    which commits only while this worker still holds the job. It must therefore be idempotent: look
    up what an earlier attempt has committed, and go on from there. It must not block the event loop
    for longer than a lease (`Timings.lease_seconds`), and no single unit of work may sit idle that long.

    It ends normally (the job succeeded), with an `EngineError` below status 500 (permanent: the
    job failed, its code and message are kept), or with any other exception, which is transient
    and is repeated with exponential backoff. `SlowDown` is transient too.
    """

    @property
    def name(self) -> str: ...

    @property
    def max_attempts(self) -> int: ...

    async def run(self, context: JobContext) -> None:
        """Do the work of one job; see the class for the contract."""
        ...


def kinds_by_name(kinds: Iterable[JobKind]) -> Mapping[str, JobKind]:
    """Return `kinds` by name; two with one name are a programming error (`ValueError`)."""
    found: dict[str, JobKind] = {}
    for kind in kinds:
        if kind.name in found:
            raise ValueError(f"two job kinds are named {kind.name!r}")
        found[kind.name] = kind
    return found


def is_permanent(error: BaseException) -> bool:
    """Return whether a repeat of the same job would fail in the same way."""
    return isinstance(error, EngineError) and error.status < 500 and not isinstance(error, SlowDown)


def delay_before_retry(error: BaseException, failures: int) -> float:
    """Return the seconds to wait after the `failures`-th transient failure: doubling, bounded, and
    never shorter than what the error itself asked for."""
    backoff = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (failures - 1))
    asked = error.retry_after_seconds if isinstance(error, EngineError) else None
    return max(backoff, asked or 0.0)
