"""The client's side of the soak: repeat what may be repeated, count every failure by its kind, believe only answers."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

RETRYABLE = frozenset({429, 502, 503, 504})
GIVE_UP_SECONDS = 180.0
REQUEST_SECONDS = 90.0


class Unacknowledged(Exception):
    """A request that nobody answered with a success before the client gave up."""


@dataclass
class Tally:
    """What became of every request."""

    acknowledged: Counter[str] = field(default_factory=Counter[str])
    """Successes by operation."""
    repeated: Counter[str] = field(default_factory=Counter[str])
    """Failures that a documented answer, or a connection that the killed server took along, says to repeat."""
    unexpected: Counter[str] = field(default_factory=Counter[str])
    """Every other failure: each is a defect."""
    examples: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Outages:
    """When the server itself was down on purpose: only then may a connection break."""

    spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def begin(self) -> None:
        self.spans.append((time.monotonic(), float("inf")))

    def end(self) -> None:
        # A connection that was accepted before the kill may break a moment after the next is served.
        self.spans[-1] = (self.spans[-1][0], time.monotonic() + 1)

    def overlap(self, began: float, ended: float) -> bool:
        return any(began < until and ended > since for since, until in self.spans)


class Client:
    """One of the concurrent clients, with a connection pool of its own."""

    def __init__(
        self,
        url: str,
        key: str,
        tally: Tally,
        outages: Outages,
        seed: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=REQUEST_SECONDS,
            transport=transport,
        )
        self._tally = tally
        self._outages = outages
        self.random = random.Random(seed)

    async def close(self) -> None:
        await self._http.aclose()

    async def call(self, operation: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Return the body of the first success, repeating what the answers say may be repeated.

        Raises:
            Unacknowledged: a failure that no repeat mends, or no success in time.
        """
        deadline = time.monotonic() + GIVE_UP_SECONDS
        pause = 0.1
        while True:
            began = time.monotonic()
            try:
                answer = await self._http.request(method, path, **request)
            except httpx.TransportError as error:
                self._failed_connection(operation, error, began)
            else:
                if answer.is_success:
                    self._tally.acknowledged[operation] += 1
                    return answer.json()
                pause = max(pause, self._failed_answer(operation, answer))
            if time.monotonic() > deadline:
                self._count(self._tally.unexpected, f"{operation}: no success in {GIVE_UP_SECONDS:g} s", "")
                raise Unacknowledged(operation)
            await asyncio.sleep(pause * self.random.uniform(0.8, 1.2))
            pause = min(pause * 2, 5.0)

    def _failed_connection(self, operation: str, error: httpx.TransportError, began: float) -> None:
        kind = f"connection: {type(error).__name__}"
        if self._outages.overlap(began, time.monotonic()):
            self._tally.repeated[kind] += 1
        else:
            self._count(self._tally.unexpected, f"{operation}: {kind}", str(error))

    def _failed_answer(self, operation: str, answer: httpx.Response) -> float:
        """Count a failure; return the seconds that it asks to wait."""
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        code = answer.json().get("code", "(none)") if is_problem else "(no problem document)"
        if answer.status_code in RETRYABLE and is_problem:
            self._tally.repeated[f"{answer.status_code} {code}"] += 1
            return float(answer.headers.get("Retry-After", 0))
        self._count(self._tally.unexpected, f"{operation}: {answer.status_code} {code}", answer.text[:500])
        raise Unacknowledged(operation)

    def _count(self, counter: Counter[str], kind: str, example: str) -> None:
        counter[kind] += 1
        self._tally.examples.setdefault(kind, example)
