"""A slice of the attack through a whole engine: HTTP, SQL, durable jobs and a model that answers by a rule.

Every attempt asks for a release and then tries to move the label. Levels, verdicts and moves must be those that the
engine's rules give in process on the same answers: new versions, copies of the prompt, the same version again, and
the rows under other names, shuffled or some of them. One version is much better; what comes after it is compared
with it, on the little budget that its pass left. The ledger plans few looks and is generous, so that levels fall and
verdicts go both ways.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from benchmarks.harness.engine import Engine, EngineFailed, running_engine
from benchmarks.harness.looks import Look, Looks
from benchmarks.harness.rule_model import answer, rule_model
from mcp_engine.gates.kind import Requirement
from mcp_engine.gates.rules import shown
from mcp_engine.statistics.spending import Ledger

Kind = Literal["version", "copy", "repeat", "shuffled", "subset"]
KINDS: Final[tuple[Kind, ...]] = ("version", "copy", "repeat", "shuffled", "subset")
PROMPT, DATASET, GATE, LABEL = "answer", "questions", "main", "production"
OPENING: Final = Ledger(budget=0.2, planned=10)
MODEL = "rule/rule"
NOISE, MUCH_BETTER = "0.5", "0.95"
REQUIREMENT = Requirement(name="proof", dataset=f"{DATASET}/1", scorer="exact", model=MODEL)
EXACT: Final = {"name": "exact", "direction": "higher", "scale": "share"}
_WAIT_SECONDS = 600.0


class Attempt(NamedTuple):
    """A version of a prompt, what it answers by, and the rows that it is tried on."""

    prompt: str
    version: int
    source: str
    rate: str
    dataset: str
    rows: tuple[int, ...]

    def right(self) -> list[float]:
        return rights(self.source, self.rate, self.rows)


def rights(source: str, rate: str, rows: Sequence[int]) -> list[float]:
    """Return whether each row is answered right."""
    return [float(answer(f"{source} {rate} q{row}") == f"q{row}") for row in rows]


@dataclass(slots=True)
class Slice:
    """The attempts of one slice, in their order, and the versions that they try."""

    rows: int
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    made: list[Attempt] = field(default_factory=list[Attempt])
    """A new one each time: the version itself is pushed for it."""

    @classmethod
    def drawn(cls, seed: int, attempts: int, rows: int) -> Slice:
        """Return attempts of every kind in turn; three quarters on the way stands the one that is better."""
        choices, drawn = random.Random(seed), cls(rows)
        everything = tuple(range(rows))
        for number in range(attempts):
            kind = KINDS[number % len(KINDS)]
            better = number == attempts * 3 // 4
            if better or kind in ("version", "copy"):
                prompt = f"copy-{number}" if kind == "copy" and not better else PROMPT
                version = 2 + sum(one.prompt == prompt for one in drawn.made)
                source, rate = f"{seed}-{number}", MUCH_BETTER if better else NOISE
                made = Attempt(prompt, version, source, rate, DATASET, everything)
                drawn.made.append(made)
            else:
                earlier = choices.choice([one for one in drawn.made if one.rate == NOISE])
                count = rows if kind != "subset" else choices.randint(rows // 2, rows - 1)
                tried = tuple(choices.sample(everything, count)) if kind != "repeat" else everything
                made = earlier._replace(dataset=f"renamed-{number}" if kind != "repeat" else DATASET, rows=tried)
            drawn.attempts.append(made)
        return drawn


class Seen(NamedTuple):
    """What one attempt came to; no look where the label points at the version already."""

    look: Look | None
    promoted: bool


def expected(drawn: Slice, seed: int) -> tuple[list[Seen], Looks]:
    """Return what the engine's rules say of the attempts, in process."""
    looks, seen = Looks(OPENING), list[Seen]()
    released: dict[str, tuple[str, str]] = {}
    for one in drawn.attempts:
        source, rate = released.get(one.prompt, (f"{seed}-baseline", NOISE))
        if source == one.source:
            seen.append(Seen(None, False))
            continue
        old, new = rights(source, rate, one.rows), one.right()

        def passes(level: float, new: list[float] = new, old: list[float] = old) -> bool:
            return shown(REQUIREMENT, EXACT, new, old, level)

        look = looks.look((one, source), passes)
        if look.passed:
            released[one.prompt] = one.source, one.rate
        seen.append(Seen(look, look.passed))
    return seen, looks


def agrees(seed: int, attempts: int, rows: int) -> bool:
    """Return whether a whole engine gives every look the level and the verdict that its rules give in process."""
    drawn = Slice.drawn(seed, attempts, rows)
    wanted, looks = expected(drawn, seed)
    with rule_model() as url, running_engine() as engine:
        _begin(engine, url, drawn, seed)
        seen = [_tried(engine, one) for one in drawn.attempts]
        _protect(engine, DATASET)
        [ledger] = engine.call("GET", f"/gates/{GATE}")["ledgers"]
    spent = (ledger["rows"], ledger["looks"], ledger["next_level"])
    return seen == wanted and spent == (rows, len(looks.seen), looks.ledger.next_alpha)


def _begin(engine: Engine, url: str, drawn: Slice, seed: int) -> None:
    """Push the rows under every name, the versions, and a baseline of every prompt that the label points at."""
    engine.call("POST", "/providers", {"name": "rule", "base_url": url, "models": ["rule"]})
    for name, rows in {DATASET: tuple(range(drawn.rows)), **{one.dataset: one.rows for one in drawn.attempts}}.items():
        _push_rows(engine, name, rows)
    for prompt in dict.fromkeys((PROMPT, *(one.prompt for one in drawn.made))):
        _push(engine, prompt, f"{seed}-baseline", NOISE, [LABEL])
    for one in drawn.made:
        _push(engine, one.prompt, one.source, one.rate, [])


def _push_rows(engine: Engine, name: str, rows: Sequence[int]) -> None:
    # What stands beside the question differs with the name, so that the rows do not look the same.
    sealed = [
        {"inputs": {"q": f"q{row}"}, "expected": f"q{row}", "split": "sealed", "metadata": {"of": name}} for row in rows
    ]
    engine.call("POST", "/datasets", {"name": name, "rows": sealed})


def _push(engine: Engine, name: str, source: str, rate: str, labels: list[str]) -> None:
    body = {"template": f"{source} {rate} {{{{ q }}}}"}
    engine.call("POST", "/prompts", {"name": name, "body": body, "labels": labels})


def _protect(engine: Engine, dataset: str) -> None:
    """Put the gate in force that asks for proof on these rows."""
    requirement = {**REQUIREMENT.model_dump(mode="json"), "dataset": f"{dataset}/1"}
    body = {
        "requires": [requirement], "error_budget": OPENING.budget, "planned_looks": OPENING.planned,
        "minimum_rows": 10, "machines": "release",
    }  # fmt: skip
    engine.call("POST", "/gates", {"name": GATE, "body": body})


def _tried(engine: Engine, one: Attempt) -> Seen:
    """Ask for the release of an attempt, wait for its evidence, and try to move the label."""
    _protect(engine, one.dataset)
    try:
        request = engine.call("POST", "/release-requests", {"name": one.prompt, "version": one.version})
    except EngineFailed as error:
        if "gate.released_already" not in str(error):
            raise
        return Seen(None, False)
    deadline = time.monotonic() + _WAIT_SECONDS
    while request["state"] == "evaluating":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the evidence for {one.prompt}/{one.version} was not there after {_WAIT_SECONDS:g} s")
        time.sleep(0.1)
        request = engine.call("GET", f"/release-requests/{request['id']}")
    [requirement] = request["gates"][0]["requirements"]
    look = Look(requirement["level"], requirement["verdict"] == "passed")
    return Seen(look, _moved(engine, one))


def _moved(engine: Engine, one: Attempt) -> bool:
    path, body = f"/prompts/{one.prompt}/labels/{LABEL}", {"version": one.version}
    try:
        moved: dict[str, Any] = engine.call("PUT", path, body)
    except EngineFailed as error:
        if "gate.refused" not in str(error):
            raise
        return False
    return moved["certificate"]["proof"] == "gates"
