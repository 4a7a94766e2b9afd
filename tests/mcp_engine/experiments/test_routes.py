"""Experiments from plan to end, over REST."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.audit.erasure import erase
from mcp_engine.database.engine import Database
from mcp_engine.experiments.assignment import Split, Step, assign
from tests.conftest import make_tenant
from tests.mcp_engine.experiments.conftest import HELPFUL, TWO_ARMS, Api, Closed, World
from tests.mcp_engine.prompts.conftest import Keys

GROUPED = {"group": {"name": "greetings", "share": 0.5}}


async def test_an_experiment_begins_as_planned(api: Api) -> None:
    begun = await api.begin(holdback=0.1, ramp=[{"share": 0.2, "after_hours": 0}, {"share": 1.0, "after_hours": 24}])
    assert begun["state"] == "running"
    assert [arm["version"] for arm in begun["arms"]] == [1, 2]
    assert all(len(arm["lock_digest"]) == 64 for arm in begun["arms"])
    assert begun["traffic"] == 0.2
    assert begun["plan"]["metrics"][0]["direction"] == "higher"
    (started,) = begun["events"]
    assert started["kind"] == "started"
    assert started["facts"]["label_number"] == 1
    assert await api.get(begun) == begun


async def test_a_draft_splits_nothing_until_it_is_started(api: Api) -> None:
    draft = await api.begin(start=False)
    assert draft["state"] == "draft"
    assert "experiments" not in await api.detail()
    started = await api.after(draft, "start")
    assert started.json()["state"] == "running"
    assert len((await api.detail())["experiments"]) == 1
    assert (await api.after(draft, "start")).json()["code"] == "experiment.not_a_draft"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"arms": TWO_ARMS[:1]}, "experiment.too_few_arms"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "weight": 0.6}]}, "experiment.bad_weights"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "weight": -0.5}]}, "experiment.bad_weights"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "version": 1}]}, "experiment.duplicate_arm"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "name": "control"}]}, "experiment.duplicate_arm"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "name": "holdback"}]}, "experiment.duplicate_arm"),
        ({"arms": [TWO_ARMS[0], {**TWO_ARMS[1], "version": 9}]}, "prompt.version_not_found"),
        ({"artifact": "nothing"}, "prompt.not_found"),
        ({"kind": "nothing"}, "artifact.kind_not_found"),
        ({"label": "beta"}, "prompt.label_not_found"),
        ({"label": "latest"}, "label.invalid"),
        ({"metrics": [{"name": "helpful", "kind": "binary"}]}, "experiment.metric_without_direction"),
        ({"metrics": [HELPFUL, HELPFUL]}, "experiment.duplicate_metric"),
        ({"metrics": [{**HELPFUL, "name": "comment"}]}, "experiment.bad_metric"),
        ({"guardrails": [{**HELPFUL, "kind": "mean"}]}, "experiment.bad_metric"),
        ({"ramp": [{"share": 0.5, "after_hours": 0}, {"share": 0.2, "after_hours": 1}]}, "experiment.bad_ramp"),
        ({"ramp": [{"share": 0.5, "after_hours": 2}, {"share": 0.7, "after_hours": 1}]}, "experiment.bad_ramp"),
        ({"allocator": "top_two", "metrics": [{**HELPFUL, "kind": "mean"}]}, "experiment.adaptive_mean"),
        ({"targeting": [{"attribute": "a"}]}, "request.invalid"),
        ({"targeting": [{"attribute": "\x00", "equals": "x"}]}, "request.invalid"),
        ({"metrics": []}, "request.invalid"),
        ({"alpha": 0}, "request.invalid"),
        ({"surprise": 1}, "request.invalid"),
    ],
)
async def test_what_could_not_be_judged_is_refused(api: Api, changed: dict[str, Any], code: str) -> None:
    response = await api.create(**changed)
    assert response.json()["code"] == code, response.text
    assert response.status_code in (404, 422)
    assert (await api.client.get("/experiments", params={"artifact": api.prompt})).json()["items"] == []


async def test_a_name_is_taken_for_ever(api: Api) -> None:
    begun = await api.begin()
    await api.after(begun, "stop", reason="done")
    again = await api.create(name=begun["name"])
    assert (again.status_code, again.json()["code"]) == (409, "experiment.name_taken")


async def test_two_experiments_never_meet_a_unit(api: Api) -> None:
    first = await api.begin()
    refused = await api.create()
    assert (refused.status_code, refused.json()["code"]) == (409, "experiment.label_busy")
    assert refused.json()["experiment"] == first["name"]
    await api.after(first, "stop")
    await api.begin(targeting=[{"attribute": "country", "equals": "ch"}])
    assert (await api.create(targeting=[{"attribute": "country", "in": ["de", "ch"]}])).status_code == 409
    await api.begin(targeting=[{"attribute": "country", "in": ["de", "at"]}])
    assert len((await api.detail())["experiments"]) == 2


async def test_a_group_gives_each_experiment_a_part_of_its_own(api: Api) -> None:
    one, two = await api.begin(**GROUPED), await api.begin(**GROUPED)
    slices = [experiment["events"][0]["facts"]["slice"] for experiment in (one, two)]
    assert [part[1:] for part in slices] == [[0.0, 0.5], [0.5, 1.0]]
    assert slices[0][0] == slices[1][0]
    full = await api.create(group={"name": "greetings", "share": 0.1})
    assert (full.status_code, full.json()["code"]) == (409, "experiment.group_full")
    await api.after(one, "stop")
    await api.begin(group={"name": "greetings", "share": 0.3})


async def test_runs_give_a_unit_the_arm_that_clients_compute(api: Api) -> None:
    begun = await api.begin(holdback=0.2)
    (mapping,) = (await api.detail())["experiments"]
    split = Split(
        mapping["id"], mapping["salt"], [arm["weight"] for arm in mapping["arms"]],
        [Step(*step) for step in mapping["steps"]], mapping["holdback"],
    )  # fmt: skip
    units: dict[int | None, list[str]] = {None: [], 0: [], 1: []}
    # The salt is random: whoever is in each arm is looked for, ten of each.
    for unit in map(str, range(1000)):
        assigned = assign(split, unit, {}, 2e9)
        assert assigned is not None
        units[assigned.arm].append(unit)
    for arm, own in units.items():
        version = 1 if arm is None else mapping["arms"][arm]["prompt"]["number"]
        assert [(await api.run(unit_id=unit))["number"] for unit in own[:10]] == [version] * 10
    assert (await api.run())["number"] == 1
    assert sum(arm["units"] for arm in (await api.analysis(begun))["arms"]) > 15


async def test_only_targeted_units_take_part(api: Api) -> None:
    begun = await api.begin(
        targeting=[{"attribute": "plan", "in": ["pro", "team"]}, {"attribute": "beta", "equals": True}]
    )
    for unit in map(str, range(8)):
        await api.run(unit_id=unit, attributes={"plan": "free", "beta": True})
        await api.run(unit_id=unit, attributes={"plan": "pro"})
    assert sum(arm["units"] for arm in (await api.analysis(begun))["arms"]) == 0
    await api.run(unit_id="x", attributes={"plan": "pro", "beta": True})
    assert sum(arm["units"] for arm in (await api.analysis(begun))["arms"]) == 1


async def test_stopping_leaves_the_label_and_ends_the_split(api: Api) -> None:
    begun = await api.begin()
    stopped = (await api.after(begun, "stop", reason="enough")).json()
    assert (stopped["state"], stopped["events"][-1]["reason"]) == ("stopped", "enough")
    assert "experiments" not in await api.detail()
    assert {(await api.run(unit_id=str(unit)))["number"] for unit in range(8)} == {1}
    assert (await api.after(begun, "stop")).json()["code"] == "experiment.not_running"


async def test_promoting_moves_the_label_and_ends_the_split(api: Api) -> None:
    begun = await api.begin()
    unknown = await api.after(begun, "promote", arm="long")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "experiment.arm_not_found")
    promoted = (await api.after(begun, "promote", arm="short", reason="it won")).json()
    assert promoted["state"] == "promoted"
    assert promoted["events"][-1]["facts"]["version"] == 2
    detail = await api.detail()
    assert (detail["number"], "experiments" in detail) == (2, False)


async def test_an_experiment_shows_unreleased_versions_only_where_the_gates_let_it(api: Api, world: World) -> None:
    draft = await api.begin(start=False)
    world.artifacts.guarded_by(Closed())
    refused = await api.after(draft, "start")
    assert (refused.status_code, refused.json()["code"]) == (409, "gate.refused")
    assert (await api.get(draft))["state"] == "draft"


async def test_a_promotion_goes_through_the_gates(api: Api, world: World) -> None:
    begun = await api.begin()
    world.artifacts.guarded_by(Closed())
    refused = await api.after(begun, "promote", arm="short")
    assert (refused.status_code, refused.json()["code"]) == (409, "gate.refused")
    assert (await api.get(begun))["state"] == "running"
    assert (await api.detail())["number"] == 1


async def test_who_may_not_release_may_only_draft_and_stop(api: Api, keys: Keys, caller: Caller) -> None:
    scopes = caller.scopes - {"labels:write"}
    keys.callers["narrow"] = Caller(caller.tenant_id, caller.principal_id, "machine", scopes, caller.credential_id)
    owner, api.client.headers["Authorization"] = api.client.headers["Authorization"], "Bearer narrow"
    draft = await api.begin(start=False)
    for response in (
        await api.create(),
        await api.after(draft, "start"),
        await api.after(draft, "promote", arm="short"),
    ):
        assert (response.status_code, response.json()["required_scope"]) == (403, "labels:write")
    api.client.headers["Authorization"] = owner
    await api.after(draft, "start")
    api.client.headers["Authorization"] = "Bearer narrow"
    assert (await api.after(draft, "stop")).json()["state"] == "stopped"


async def test_experiments_are_listed_newest_first(api: Api) -> None:
    names: list[str] = []
    for _ in range(3):
        begun = await api.begin()
        names.append(begun["name"])
        await api.after(begun, "stop")
    first = (await api.client.get("/experiments", params={"artifact": api.prompt, "limit": 2})).json()
    rest = await api.client.get("/experiments", params={"artifact": api.prompt, "cursor": first["next_cursor"]})
    assert [one["name"] for one in (*first["items"], *rest.json()["items"])] == names[::-1]


async def test_another_tenant_finds_nothing(api: Api, keys: Keys, database: Database) -> None:
    begun = await api.begin()
    keys.callers["stranger"] = await make_tenant(database)
    headers = {"Authorization": "Bearer stranger"}
    for path in ("", "/analysis"):
        response = await api.client.get(f"/experiments/{begun['name']}{path}", headers=headers)
        assert (response.status_code, response.json()["code"]) == (404, "experiment.not_found")
    for action in ("start", "stop", "promote"):
        body = {"arm": "short"} if action == "promote" else {}
        response = await api.client.post(f"/experiments/{begun['name']}/{action}", json=body, headers=headers)
        assert response.status_code == 404
    exposure = {"experiment_id": begun["id"], "unit_id": "u", "arm": "control"}
    response: httpx.Response = await api.client.post(
        "/experiments/exposures", json={"exposures": [exposure]}, headers=headers
    )
    assert response.json()["recorded"] == 0
    assert response.json()["refused"][0]["code"] == "experiment.not_found"


async def test_an_arm_whose_content_was_erased_takes_nobody_down(api: Api, world: World, caller: Caller) -> None:
    begun = await api.begin()
    found = await world.artifacts.resolve(caller, "default", Reference("prompt", api.prompt, 2))
    async with world.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await erase(work, "artifact_content", {"version_id": str(found.version_id)}, "a person asked")
    assert "experiments" not in await api.detail()
    assert {(await api.run(unit_id=str(unit)))["number"] for unit in range(8)} == {1}
    assert (await api.get(begun))["state"] == "running"
    refused = await api.create(targeting=[{"attribute": "a", "equals": 1}])
    assert (refused.status_code, refused.json()["code"]) == (410, "artifact.erased")
