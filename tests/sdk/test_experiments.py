"""Arms without a round trip, and what the server hears of them afterwards."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

import pytest

from mcp_engine_client import AsyncClient, Client, errors
from mcp_engine_client._assignment import Split, Step, assign
from tests.sdk.conftest import until
from tests.sdk.registry import NOBODY, Asked, Registry, Reply, problem, prompt_document

UNITS = [f"user-{number}" for number in range(20)]


def experiment(**changed: Any) -> dict[str, Any]:
    arms = [
        {"name": name, "weight": 0.5, "prompt": prompt_document(number)}
        for name, number in (("control", 1), ("short", 2))
    ]
    return {
        "id": NOBODY, "name": "brevity", "salt": "s", "allocation": 3, "arms": arms, "steps": [[0.0, 1.0]],
        "holdback": 0.0, "rules": [], "slice": None, "covariate": None, **changed,
    }  # fmt: skip


class Experimenting:
    """Plays a registry with an experiment, and keeps what is reported."""

    def __init__(self, registry: Registry, **changed: Any) -> None:
        self.registry = registry
        self.experiments = [experiment(**changed)]
        self.reported: list[dict[str, Any]] = []
        self.fails: Reply | None = None
        registry.answer = self

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/experiments/exposures"):
            if self.fails is not None:
                return self.fails
            self.reported += json.loads(asked.body)["exposures"]
            return Reply(body={"recorded": 1, "refused": []})
        return Reply(body={**prompt_document(1), "experiments": self.experiments})


def expected(unit: str) -> int:
    found = assign(Split(NOBODY, "s", (0.5, 0.5), [Step(0.0, 1.0)]), unit, {}, time.time())
    assert found is not None
    assert found.arm is not None
    return found.arm


def test_units_get_their_arms_from_memory(client: Client, registry: Registry) -> None:
    played = Experimenting(registry)
    for _ in range(2):
        for unit in UNITS:
            prompt = client.get_prompt("greet", label="production", unit_id=unit, session_id=f"s-{unit}")
            assert prompt.version == expected(unit) + 1
            assert (prompt.experiment, prompt.arm) == ("brevity", ["control", "short"][expected(unit)])
            assert prompt.compile(n=1) == "Version 1"
    assert sum(asked.method == "GET" for asked in registry.asked) == 1
    client.close()
    assert sorted(one["unit_id"] for one in played.reported) == sorted(UNITS)
    for one in played.reported:
        assert one["arm"] == ["control", "short"][expected(one["unit_id"])]
        assert (one["experiment_id"], one["allocation"], one["is_fallback"]) == (NOBODY, 3, False)
        assert one["session_id"] == f"s-{one['unit_id']}"


def test_without_a_unit_the_label_is_what_it_is(client: Client, registry: Registry) -> None:
    played = Experimenting(registry)
    prompt = client.get_prompt("greet", label="production")
    assert (prompt.version, prompt.experiment, len(prompt.experiments)) == (1, None, 1)
    client.close()
    assert played.reported == []


def test_exposures_are_sent_by_themselves(client: Client, registry: Registry) -> None:
    played = Experimenting(registry)
    client.get_prompt("greet", label="production", unit_id="ada")
    until(lambda: played.reported)
    client.get_prompt("greet", label="production", unit_id="grace")
    until(lambda: len(played.reported) == 2)


def test_a_client_that_is_closed_lets_a_batch_on_its_way_arrive(client: Client, registry: Registry) -> None:
    played = Experimenting(registry)
    client.get_prompt("greet", label="production", unit_id="ada")
    registry.gate.clear()
    until(lambda: any(asked.method == "POST" for asked in registry.asked))
    closing = threading.Thread(target=client.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    registry.gate.set()
    closing.join(10)
    assert [one["unit_id"] for one in played.reported] == ["ada"]


def test_who_is_held_back_or_not_targeted_keeps_the_label(client: Client, registry: Registry) -> None:
    played = Experimenting(
        registry, holdback=1.0, rules=[{"attribute": "country", "values": ["ch", True]}], covariate="before"
    )
    swiss = {"country": "ch", "before": 2}
    held_back = client.get_prompt("greet", label="production", unit_id="ada", attributes=swiss)
    outside = client.get_prompt("greet", label="production", unit_id="ada", attributes={"country": "de"})
    assert (held_back.version, held_back.experiment, held_back.arm) == (1, "brevity", None)
    assert (outside.version, outside.experiment) == (1, None)
    client.close()
    (told,) = played.reported
    assert (told["arm"], told["covariate"]) == (None, 2.0)


def test_what_the_server_can_not_take_now_is_sent_later(client: Client, registry: Registry) -> None:
    played = Experimenting(registry)
    played.fails = problem(503, "server.busy")
    client.get_prompt("greet", label="production", unit_id="ada")
    until(lambda: sum(asked.method == "POST" for asked in registry.asked) >= 2)
    played.fails = None
    client.close()
    assert [one["unit_id"] for one in played.reported] == ["ada"]


def test_a_key_that_may_not_report_costs_nothing_but_a_warning(
    client: Client, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    played = Experimenting(registry)
    played.fails = problem(403, "access.scope_missing")
    assert client.get_prompt("greet", label="production", unit_id="ada").version is not None
    client.close()
    assert "access.scope_missing" in caplog.text
    assert played.reported == []


def test_a_fallback_is_told_once_the_experiment_is_known(client: Client, registry: Registry) -> None:
    registry.fail(503, "server.down")
    given = client.get_prompt("greet", label="production", unit_id="ada", fallback="Hello")
    assert given.is_fallback
    played = Experimenting(registry)

    def served() -> bool:
        return not client.get_prompt("greet", label="production", unit_id="grace", fallback="Hello").is_fallback

    until(served)
    client.close()
    told = {one["unit_id"]: one["is_fallback"] for one in played.reported}
    assert told["ada"] is True
    assert told["grace"] in (True, False)


@pytest.mark.parametrize(
    ("unit", "session", "code"),
    [("", None, "client.bad_unit"), ("x" * 257, None, "client.bad_unit"), ("\ud800", None, "client.bad_unit"),
     ("u", "no spaces", "client.bad_session")],
)  # fmt: skip
def test_a_unit_that_is_none_is_refused(
    client: Client, registry: Registry, unit: str, session: str | None, code: str
) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        client.get_prompt("greet", label="production", unit_id=unit, session_id=session)
    assert refused.value.code == code


def test_runs_and_questions_carry_the_unit(client: Client, registry: Registry) -> None:
    registry.answer = lambda _: problem(404, "prompt.not_found")
    for call in (
        lambda: client.run("greet", unit_id="ada", attributes={"beta": True}),
        lambda: client.stream("greet", unit_id="ada", attributes={"beta": True}).until_done(),
        lambda: client.ask("Who?", collection="docs", unit_id="ada", attributes={"beta": True}),
    ):
        with pytest.raises(errors.NotFound):
            call()
    sent = [json.loads(asked.body) for asked in registry.asked]
    assert [(one["unit_id"], one["attributes"]) for one in sent] == [("ada", {"beta": True})] * 3


async def test_the_same_on_an_event_loop(async_client: AsyncClient, registry: Registry) -> None:
    played = Experimenting(registry)
    for unit in UNITS:
        prompt = await async_client.get_prompt("greet", label="production", unit_id=unit)
        assert prompt.version == expected(unit) + 1
    await async_client.close()
    assert sorted(one["unit_id"] for one in played.reported) == sorted(UNITS)


def test_a_forked_child_reports_what_it_saw_alone(registry: Registry) -> None:
    played = Experimenting(registry)
    client = Client(registry.url, "mce_key")
    client.get_prompt("greet", label="production", unit_id="parent")
    child = os.fork()
    if child == 0:
        client.get_prompt("greet", label="production", unit_id="child")
        client.close()
        os._exit(0)
    os.waitpid(child, 0)
    client.close()
    until(lambda: len(played.reported) >= 2)
    assert sorted(one["unit_id"] for one in played.reported) == ["child", "parent"]
