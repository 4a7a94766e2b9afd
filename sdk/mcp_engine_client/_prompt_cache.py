"""Which prompt to serve now, and who fetches the next: stale while revalidate (after RFC 5861).

Nothing here waits or connects, so that both clients share it. Reading a fresh entry takes no lock.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from mcp_engine_client._prompt import Fallback, Prompt, fallback_prompt
from mcp_engine_client.errors import EngineError, Gone

MAX_ENTRIES = 1000
MAX_FLIGHTS = 8
"""Refreshes in the background at a time; what is stale beyond them is refreshed by a later call."""
MAX_RETRY_SECONDS = 30.0
_log = logging.getLogger("mcp_engine_client")


class PromptKey(NamedTuple):
    """What a caller asked for."""

    namespace: str
    name: str
    version: int | None
    label: str | None


@dataclass(slots=True)
class Entry:
    """What is known of a key: the last version that came, if any, and how the attempts since then went."""

    prompt: Prompt | None
    fetched_at: float
    used_at: float
    failures: int = 0
    retry_at: float = 0.0


class Abandoned(Exception):
    """Who was fetching was interrupted; whoever waits begins anew."""


class PromptCache:
    """Prompts by what was asked for; safe for threads and across `fork`."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._entries: dict[PromptKey, Entry] = {}
        self._forget_flights()
        _caches.add(self)

    def fresh(self, key: PromptKey, ttl_seconds: float) -> Prompt | None:
        """Return the prompt if it was fetched less than `ttl_seconds` ago."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = time.monotonic()
        entry.used_at = now
        return entry.prompt if now - entry.fetched_at < ttl_seconds else None

    def at_hand(self, key: PromptKey, ttl_seconds: float, fallback: Fallback | None) -> Prompt | None:
        """Return what may be served before the registry is asked again; None when it must be asked first.

        That is the last version that came, and the fallback while the registry fails. With a `ttl_seconds`
        of 0 the registry is asked first, unless it has just failed.
        """
        entry = self._entries.get(key)
        if entry is None or (ttl_seconds <= 0 and time.monotonic() >= entry.retry_at):
            return None
        return self.last_resort(key, fallback if entry.failures else None)

    def last_resort(self, key: PromptKey, fallback: Fallback | None) -> Prompt | None:
        """Return the last version that came, else the fallback, if there is either."""
        entry = self._entries.get(key)
        if entry is not None and entry.prompt is not None:
            return entry.prompt
        return None if fallback is None else fallback_prompt(key.name, key.namespace, fallback)

    def holds(self, key: PromptKey) -> bool:
        """Return whether a version of `key` ever came."""
        entry = self._entries.get(key)
        return entry is not None and entry.prompt is not None

    def join(self, key: PromptKey) -> tuple[Future[Prompt], bool]:
        """Return the fetch of `key` that is under way, or a new one, and whether the caller is to carry it out."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Future[Prompt]()
            return flight, True

    def claim_refresh(self, key: PromptKey) -> Future[Prompt] | None:
        """Return a new fetch to carry out in the background; None when one is under way or it is too early."""
        entry = self._entries.get(key)
        if entry is not None and time.monotonic() < entry.retry_at:
            return None
        with self._lock:
            if key in self._flights or len(self._flights) >= MAX_FLIGHTS:
                return None
            flight = self._flights[key] = Future[Prompt]()
            return flight

    @contextmanager
    def carrying_out(self, key: PromptKey, flight: Future[Prompt]) -> Generator[None]:
        """Guard a fetch, which ends in `landed`: however it fails, those who wait for `flight` hear of it.

        An `EngineError` is kept for them and goes no further.
        """
        try:
            yield
        except EngineError as error:
            self._failed(key, flight, error)
        except BaseException:
            self.abandon(key, flight)
            raise

    def abandon(self, key: PromptKey, flight: Future[Prompt]) -> None:
        """Give up a fetch that nobody can carry out any more."""
        self._end(key, flight)
        flight.set_exception(Abandoned())

    def landed(self, key: PromptKey, flight: Future[Prompt], prompt: Prompt) -> None:
        """Keep what was fetched."""
        now = time.monotonic()
        self._keep(key, Entry(prompt, fetched_at=now, used_at=now))
        self._end(key, flight)
        flight.set_result(prompt)

    def late(self, key: PromptKey) -> None:
        """Note that a fetch takes too long: until it ends, what else there is may be served at once."""
        before = self._entries.get(key)
        if before is None:
            now = time.monotonic()
            self._keep(key, Entry(None, fetched_at=0.0, used_at=now, failures=1))
        else:
            before.failures = max(before.failures, 1)

    def _failed(self, key: PromptKey, flight: Future[Prompt], error: EngineError) -> None:
        now = time.monotonic()
        before = self._entries.get(key)
        # Erased content must not live on here.
        prompt = None if before is None or isinstance(error, Gone) else before.prompt
        failures = 1 if before is None else before.failures + 1
        fetched_at = 0.0 if before is None else before.fetched_at
        retry_at = now + min(2.0 ** (failures - 1), MAX_RETRY_SECONDS)
        self._keep(key, Entry(prompt, fetched_at, now, failures, retry_at))
        self._end(key, flight)
        flight.set_exception(error)
        if failures == 1 and prompt is not None:
            _log.warning("prompt %r is served as it was (%s): %s", key.name, error.code, error.message)

    def _keep(self, key: PromptKey, entry: Entry) -> None:
        with self._lock:
            self._entries[key] = entry
            if len(self._entries) > self._max_entries:
                oldest = min(self._entries, key=lambda key: self._entries[key].used_at)
                del self._entries[oldest]

    def _end(self, key: PromptKey, flight: Future[Prompt]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _forget_flights(self) -> None:
        """Begin without fetches and with a free lock: in a forked child the threads that held them don't exist."""
        self._lock = threading.Lock()
        self._flights: dict[PromptKey, Future[Prompt]] = {}


_caches: weakref.WeakSet[PromptCache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in list(_caches):
        cache._forget_flights()  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
