"""A live experiment as a program meets it: arms from the client, feedback over HTTP, the engine ends it itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from mcp_engine.experiments.comparing import BinaryCounts, Criterion, compare_binary
from mcp_engine_client import Client
from tests.end_to_end.instance import EngineProcess
from tests.sdk.conftest import until

pytestmark = pytest.mark.slow
UNITS = 90
PLAN = {
    "name": "shouting", "artifact": "shout", "alpha": 0.05,
    "arms": [{"name": "calm", "version": 1, "weight": 0.5}, {"name": "loud", "version": 2, "weight": 0.5}],
    "metrics": [{"name": "helpful", "kind": "binary", "direction": "higher"}],
    "guardrails": [{"name": "polite", "kind": "binary", "direction": "higher", "tolerated_loss": 0.1}],
}  # fmt: skip


@pytest.fixture
def api(engine: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(engine.credentials.parent.parent))
    known = Client()._core.credentials
    headers = {"Authorization": f"Bearer {known.api_key}"}
    with httpx.Client(base_url=f"{known.url}/api/v1", headers=headers, timeout=60) as api:
        for template in ("Say {{ word }}.", "SAY {{ word }}!"):
            labels = ["production"] if template.startswith("Say") else []
            api.post("/prompts", json={"name": "shout", "body": {"template": template}, "labels": labels})
        yield api


def test_a_harmful_arm_is_found_and_ended_by_the_engine(api: httpx.Client) -> None:
    started = api.post("/experiments", json=PLAN)
    assert started.status_code == 201, started.text
    codes: list[int] = []
    with Client() as client:
        for number in range(UNITS):
            unit, session = f"unit-{number}", f"session-{number}"
            prompt = client.get_prompt("shout", label="production", unit_id=unit, session_id=session)
            loud = prompt.arm == "loud"
            assert prompt.compile(word="hi") == ("SAY hi!" if loud else "Say hi.")
            helpful = number % 3 != 0
            client.feedback("helpful", helpful, session_id=session)
            client.feedback("polite", not loud or number % 5 == 0, session_id=session)
            client.feedback("helpful", not helpful, session_id=session)
            codes.append(2 * loud + helpful)
    until(lambda: _state(api) == "rolled_back", seconds=60)
    found = api.get("/experiments/shouting/analysis").json()
    assert found["conclusion"]["decision"] == "harmed"
    compared = {one["metric"]: one for one in found["comparisons"]}
    # The same analysis in process, of what this program knows: the whole way of HTTP and SQL changes nothing.
    expected = compare_binary(
        BinaryCounts.of(np.array(codes, dtype=np.int64), 1, 2), 1, [[0.5, 0.5]], Criterion("higher", 0.05)
    )
    assert compared["helpful"]["p_value"] == pytest.approx(expected.p_value)
    assert expected.interval is not None
    assert compared["helpful"]["interval"] == pytest.approx(expected.interval._asdict())
    assert (compared["helpful"]["control_observations"], compared["helpful"]["observations"]) == expected.observations
    assert compared["polite"]["verdict"] == "worse"
    events = api.get("/experiments/shouting").json()["events"]
    assert events[-1]["facts"]["guardrail"] == "polite"
    report = json.loads(api.post("/audit/verify").text.split("event: report")[1].partition("data: ")[2])
    assert (report["ok"], report["problems"]) == (True, [])
    (ended,) = api.get("/audit/entries", params={"kind": "experiment.rolled_back"}).json()["items"]
    assert "shouting" in json.dumps(ended)


def _state(api: httpx.Client) -> Any:
    return api.get("/experiments/shouting").json()["state"]
