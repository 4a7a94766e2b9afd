"""Which arm a unit gets, without a round trip, and what the server is to hear of it afterwards.

Nothing here waits or connects, so that both clients share it. What was noted is sent in batches in the background.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from mcp_engine_client._assignment import Assignment, Attribute, assign
from mcp_engine_client._prompt import Prompt, RunningExperiment
from mcp_engine_client._prompt_cache import PromptKey
from mcp_engine_client.errors import EngineError, InvalidInput, SlowDown, TryLater
from mcp_engine_client.models import ExposuresRecorded

BATCH = 500
LINGER_SECONDS = 1.0
"""How long exposures gather before they are sent."""
MAX_WAITING = 10_000
"""Exposures that wait for the server at the most; the oldest are lost first."""
MAX_MISSED = 1_000
"""Units that were served a fallback and wait for the registry to say what they missed."""
MAX_REMEMBERED = 50_000
"""Exposures that are known to be noted already; a repeat beyond them costs the server a look and changes nothing."""
_LARGEST_EXACT = 2**53
_SESSION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MAX_UNIT_CHARACTERS = 256
_log = logging.getLogger("mcp_engine_client")


class Unit(NamedTuple):
    """Who always gets the same arm, and the session by which feedback finds the exposure."""

    id: str
    attributes: Mapping[str, Attribute]
    session_id: str | None


class Exposure(NamedTuple):
    """What the server is told."""

    experiment_id: str
    unit_id: str
    arm: str | None
    allocation: int
    session_id: str | None
    is_fallback: bool
    covariate: float | None


def checked_unit(unit_id: str, attributes: Mapping[str, Attribute] | None, session_id: str | None) -> Unit:
    """Return a unit that the server takes.

    Raises:
        InvalidInput: `client.bad_unit` or `client.bad_session`.
    """
    if not 0 < len(unit_id) <= _MAX_UNIT_CHARACTERS or any("\ud800" <= one <= "\udfff" for one in unit_id):
        raise InvalidInput("client.bad_unit", f"A unit has 1 to {_MAX_UNIT_CHARACTERS} characters.")
    if session_id is not None and not _SESSION.fullmatch(session_id):
        raise InvalidInput("client.bad_session", "A session has 1 to 128 of the characters A-Z a-z 0-9 . _ : -")
    return Unit(unit_id, attributes or {}, session_id)


class Exposures:
    """What was shown to whom; safe for threads and across `fork`."""

    def __init__(self) -> None:
        self._begin()
        _all.add(self)

    def place(self, key: PromptKey, prompt: Prompt, unit: Unit) -> Prompt:
        """Return what a unit gets in place of what its label names, and note that it does."""
        if prompt.is_fallback:
            # Which experiment it missed is known once the registry answers.
            if len(self._missed) < MAX_MISSED:
                self._missed[key, unit.id] = unit
            return prompt
        for experiment in prompt.experiments:
            if self._missed:
                self._note_missed(key, experiment)
            assigned = assign(experiment.split, unit.id, unit.attributes, time.time())
            if assigned is not None:
                self._note(_exposure(experiment, unit, assigned, is_fallback=False))
                if assigned.arm is None:
                    return replace(prompt, experiment=experiment.name)
                return experiment.arms[assigned.arm]
        return prompt

    @property
    def waiting(self) -> int:
        """How many wait to be sent."""
        return len(self._waiting)

    def take(self) -> list[Exposure]:
        """Return the next batch, which is no longer waiting."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def give_back(self, batch: list[Exposure]) -> None:
        """Let a batch wait again that could not be sent."""
        with self._lock:
            room = MAX_WAITING - len(self._waiting)
            self._waiting.extendleft(reversed(batch[:room]))
        if len(batch) > room:
            _log.warning("%d exposures of experiments are lost: the server does not take them", len(batch) - room)

    def failed(self, batch: list[Exposure], error: EngineError) -> None:
        """Learn that a batch could not be sent: what a later attempt may pass waits for the next exposure."""
        if isinstance(error, SlowDown | TryLater):
            self.give_back(batch)
        else:
            _log.warning("%d exposures of experiments are lost (%s): %s", len(batch), error.code, error.message)

    def _note(self, exposure: Exposure) -> None:
        if exposure in self._noted:
            return
        with self._lock:
            self._noted[exposure] = None
            if len(self._noted) > MAX_REMEMBERED:
                self._noted.popitem(last=False)
            self._waiting.append(exposure)

    def _note_missed(self, key: PromptKey, experiment: RunningExperiment) -> None:
        for place, unit in list(self._missed.items()):
            if place[0] == key:
                del self._missed[place]
                assigned = assign(experiment.split, unit.id, unit.attributes, time.time())
                if assigned is not None:
                    self._note(_exposure(experiment, unit, assigned, is_fallback=True))

    def _begin(self) -> None:
        """Begin empty and with a free lock: in a forked child the parent sends what it noted."""
        self._lock = threading.Lock()
        self._waiting: deque[Exposure] = deque(maxlen=MAX_WAITING)
        self._noted: OrderedDict[Exposure, None] = OrderedDict()
        self._missed: dict[tuple[PromptKey, str], Unit] = {}


def _exposure(experiment: RunningExperiment, unit: Unit, assigned: Assignment, *, is_fallback: bool) -> Exposure:
    arm = None if assigned.arm is None else experiment.arms[assigned.arm].arm
    known = None if experiment.covariate is None else unit.attributes.get(experiment.covariate)
    return Exposure(experiment.id, unit.id, arm, experiment.allocation, unit.session_id, is_fallback, _covariate(known))


def _covariate(known: Attribute | None) -> float | None:
    if isinstance(known, bool) or not isinstance(known, int | float):
        return None
    return float(known) if -_LARGEST_EXACT <= known <= _LARGEST_EXACT else None


def tell_refused(recorded: ExposuresRecorded) -> None:
    """Say in the log which exposures the server did not count, and why."""
    for one in recorded.refused:
        _log.warning("an exposure of an experiment does not count (%s): %s", one.get("code"), one.get("message"))


_all: weakref.WeakSet[Exposures] = weakref.WeakSet()


def _after_fork() -> None:
    for exposures in list(_all):
        exposures._begin()  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
