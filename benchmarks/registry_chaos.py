"""Pushes and label moves from many clients while the server is killed: is all that was acknowledged there, in order?

Each client pushes versions to shared prompts and moves a label of its own, one after the other, and repeats what
got no answer. Killed with SIGKILL and started again meanwhile, the registry must then hold every acknowledged
version under the number that was answered, every acknowledged move in the order of its client, numbers without
gaps, and a log that verifies.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, running_engine

CLIENTS = 32
OPERATIONS = 1000
PROMPTS = 4
_PAUSE_SECONDS = 0.1
_GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Push:
    """An acknowledged version; times are monotonic seconds."""

    prompt: str
    number: int
    digest: str
    sent: float
    answered: float


@dataclass(slots=True)
class Acknowledged:
    """What the clients were told."""

    pushes: list[Push] = field(default_factory=list[Push])
    moves: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The ids of moves by prompt and label, in the order of their answers."""
    repeats: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def count(self) -> int:
        return len(self.pushes) + sum(map(len, self.moves.values()))

    async def reach(self, count: float) -> None:
        """Return when so many operations are acknowledged."""
        while self.count < count:
            self.changed.clear()
            await self.changed.wait()


def run(context: Context) -> Outcome:
    """Kill a real engine under load, then read everything back."""
    kills = 10 if context.full else 3
    with running_engine(workers="0") as engine:
        told, seconds = asyncio.run(_chaos(context, engine, kills))
        context.say(f"{told.count} acknowledged, {told.repeats} repeated; reading back")
        metrics = asyncio.run(_read_back(engine, told))
    metrics |= {"acknowledged": told.count, "operations_per_s": told.count / seconds}
    return Outcome(metrics, settings={"clients": CLIENTS, "kills": kills, "repeats": told.repeats, "fsync": "on"})


async def _chaos(context: Context, engine: Engine, kills: int) -> tuple[Acknowledged, float]:
    told, began = Acknowledged(), time.monotonic()
    choices = random.Random(context.seed)
    async with _client(engine) as client:
        clients = [
            asyncio.create_task(_work(client, told, number, random.Random(choices.random())))
            for number in range(CLIENTS)
        ]
        for number in range(kills):
            # Evenly over the work, wherever it then stands.
            await told.reach(OPERATIONS * (number + 1) / (kills + 1))
            context.say(f"kill {number + 1} of {kills}, {told.count} operations acknowledged")
            await asyncio.to_thread(engine.kill_and_start)
        await asyncio.gather(*clients)
    return told, time.monotonic() - began


async def _work(client: httpx.AsyncClient, told: Acknowledged, number: int, choices: random.Random) -> None:
    """Push and release in turn, as one client, until all have done `OPERATIONS`."""
    own = OPERATIONS // CLIENTS + (number < OPERATIONS % CLIENTS)
    pushed: Push | None = None
    for step in range(own):
        if pushed is None:
            prompt = f"prompt-{choices.randrange(PROMPTS)}"
            body = {"name": prompt, "body": {"template": f"client {number}, step {step}"}}
            sent = time.monotonic()
            found = await _acknowledged(client, told, "POST", "/prompts", body)
            pushed = Push(prompt, found["number"], found["digest"], sent, time.monotonic())
            told.pushes.append(pushed)
        else:
            label = f"client-{number}"
            path = f"/prompts/{pushed.prompt}/labels/{label}"
            moved = await _acknowledged(client, told, "PUT", path, {"version": pushed.number})
            told.moves[pushed.prompt, label].append(moved["event_id"])
            pushed = None
        told.changed.set()


async def _acknowledged(client: httpx.AsyncClient, told: Acknowledged, method: str, path: str, body: Any) -> Any:
    """Repeat until there is an answer; a push and a move may be repeated without harm."""
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while True:
        try:
            response = await client.request(method, path, json=body)
            if response.status_code < 500:
                response.raise_for_status()
                return response.json()
        except httpx.TransportError:
            pass  # the server is down; the loop repeats
        if time.monotonic() > deadline:
            raise TimeoutError(f"{method} {path} got no answer for {_GIVE_UP_SECONDS:g} s")
        told.repeats += 1
        await asyncio.sleep(_PAUSE_SECONDS)


async def _read_back(engine: Engine, told: Acknowledged) -> dict[str, float]:
    async with _client(engine) as client:
        versions = {prompt: await _all(client, f"/prompts/{prompt}/versions") for prompt in _prompts(told)}
        history = {prompt: await _all(client, f"/prompts/{prompt}/labels/history") for prompt in _prompts(told)}
        # The last event of the stream is the report.
        verified = json.loads((await client.post("/audit/verify")).text.rstrip().rpartition("data: ")[2])
    stored = {(prompt, one["number"]): one["digest"] for prompt, found in versions.items() for one in found}
    lost = sum(stored.get((push.prompt, push.number)) != push.digest for push in told.pushes)
    for found in versions.values():
        numbers = sorted(one["number"] for one in found)
        lost += numbers[-1] - len(set(numbers))
    reordered = _overtaken(told.pushes)
    for (prompt, label), moves in told.moves.items():
        kept = [one["event_id"] for one in reversed(history[prompt]) if one["label"] == label]
        lost += len(set(moves) - set(kept))
        places = [kept.index(move) for move in moves if move in kept]
        reordered += sum(before > after for before, after in pairwise(places))
    return {"lost": lost, "reordered": reordered, "audit_ok": float(verified["ok"])}


def _prompts(told: Acknowledged) -> list[str]:
    return sorted({push.prompt for push in told.pushes})


def _overtaken(pushes: Iterable[Push]) -> int:
    """Count versions that were answered before another of their prompt was sent, and have the higher number."""
    by_prompt: dict[str, list[Push]] = defaultdict(list)
    for push in pushes:
        by_prompt[push.prompt].append(push)
    return sum(
        one.answered < other.sent and one.number > other.number
        for group in by_prompt.values()
        for one in group
        for other in group
    )


async def _all(client: httpx.AsyncClient, path: str) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = (await client.get(path, params={"limit": 200, **({"cursor": cursor} if cursor else {})})).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _client(engine: Engine) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{engine.url}/api/v1", headers={"Authorization": f"Bearer {engine.key}"}, timeout=30, trust_env=False
    )


BENCHMARK = Benchmark(
    name="registry_chaos",
    summary="pushes and label moves from 32 clients while the server is killed",
    metrics=(
        Metric("lost", "acknowledged and not there", at_most(0)),
        Metric("reordered", "acknowledged and out of order", at_most(0)),
        Metric("audit_ok", "the log verifies", at_least(1)),
        Metric("acknowledged", "operations acknowledged"),
        Metric("operations_per_s", "operations/s, kills included"),
    ),
    run=run,
)
