"""From the wish for a release to the move, or to the list of what is missing."""

from __future__ import annotations

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from tests.conftest import make_tenant
from tests.keys import Keys
from tests.mcp_engine.evaluation.conftest import Api
from tests.mcp_engine.gates.conftest import ROWS, SEALED, Join, Story


async def test_a_release_passes_on_evidence_and_carries_its_certificate(story: Story) -> None:
    await story.begin()
    await story.gate(SEALED)
    assert await story.refused(2) == ["gate.not_requested"]
    request = await story.asked()
    assert (request["state"], request["missing"], request["baseline_version"]) == ("ready", [], 1)
    [requirement] = request["gates"][0]["requirements"]
    assert (requirement["verdict"], requirement["rows"], requirement["evaluations"]) == ("passed", ROWS, [])
    assert requirement["level"] == pytest.approx(0.05 * 0.9 * 0.9)
    moved = await story.ok(story.move(2))
    certificate = moved["certificate"]
    assert (certificate["proof"], certificate["request"], moved["standing"]) == ("gates", request["id"], True)
    [shown] = certificate["gates"][0]["requirements"]
    assert {"verdict", "level", "statistic", "dataset_digest", "scorer_lock"} <= shown.keys()
    assert len(certificate["ledgers"]) == 1
    done = await story.shown(request)
    assert (done["state"], done["label_event"]) == ("released", moved["event_id"])


async def test_noise_is_refused_and_the_message_says_which_evidence_is_missing(story: Story) -> None:
    await story.begin()
    story.knows(1)
    await story.gate(SEALED)
    request = await story.asked()
    assert request["state"] == "failed"
    response = await story.move(2)
    assert response.status_code == 409
    problem = response.json()
    assert problem["request_id"] == request["id"]
    [missing] = problem["missing"]
    assert (missing["gate"], missing["code"]) == ("main", "gate.failed")
    assert "14 sealed rows" in missing["message"]
    assert "proof" in problem["detail"]


async def test_a_label_that_was_just_moved_cools_down(story: Story) -> None:
    await story.begin()
    await story.gate(cooldown_minutes=30)
    assert await story.refused(2) == ["gate.cooling_down"]


async def test_a_rollback_needs_no_gate(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED, approvals=2, cooldown_minutes=60)
    reason = {"version": 2, "override": True, "reason": "Urgent."}
    await story.ok(api.put("/prompts/greet/labels/production", reason))
    moved = await story.ok(api.post("/prompts/greet/labels/production/rollback", {"reason": "Worse."}))
    assert (moved["to_number"], moved["restores"], moved["certificate"]) == (1, 1, None)
    nothing = await api.post("/prompts/greet/labels/production/rollback", {})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "label.nothing_before")


async def test_an_override_shows_for_ever_as_promoted_without_proof(story: Story, join: Join, api: Api) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED)
    await join("bot", kind="machine", role="owner")
    machine = await story.move(2, override=True, reason="I say so.", key="bot")
    assert machine.json()["code"] == "label.person_needed"
    assert (await story.move(2, override=True)).json()["code"] == "label.reason_missing"
    moved = await story.ok(story.move(2, override=True, reason="The sealed rows are wrong."))
    assert (moved["certificate"]["proof"], moved["certificate"]["statement"]) == ("none", "Promoted without proof.")
    assert [one["code"] for one in moved["certificate"]["missing"]] == ["gate.not_requested"]
    [newest, _] = (await api.get("/prompts/greet/labels/history", label="production")).json()["items"]
    assert newest["certificate"]["proof"] == "none"


async def test_an_override_needs_its_scope(story: Story, keys: Keys, caller: Caller) -> None:
    await story.begin()
    await story.gate(SEALED)
    scopes = caller.scopes - {"labels:override"}
    keys.callers["narrow"] = Caller(caller.tenant_id, caller.principal_id, "person", scopes, caller.credential_id)
    response = await story.move(2, override=True, reason="Please.", key="narrow")
    assert (response.status_code, response.json()["code"]) == (403, "access.scope_missing")


async def test_a_push_that_moves_a_protected_label_is_refused_as_a_whole(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED)
    body = {"name": "greet", "body": {"template": "newer {{ q }}"}, "labels": ["production"]}
    assert (await api.post("/prompts", body)).status_code == 409
    assert (await api.get("/prompts/greet", version=3)).status_code == 404


async def test_another_tenant_sees_none_of_it(story: Story, api: Api, keys: Keys, database: Database) -> None:
    await story.begin()
    await story.gate(SEALED)
    request = await story.asked()
    keys.callers["stranger"] = await make_tenant(database)
    assert (await api.get("/gates/main", "stranger")).status_code == 404
    assert (await api.get(f"/release-requests/{request['id']}", "stranger")).status_code == 404
    assert (await story.approve(request, "stranger")).status_code == 404
    assert (await api.get("/release-requests", "stranger", state="all")).json()["items"] == []


async def test_requests_are_listed_newest_first_open_ones_alone(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED)
    first = await story.asked()
    assert (await story.asked())["id"] == first["id"]
    await story.gate(SEALED, description="Other words.")
    second = await story.asked()
    page = (await api.get("/release-requests", limit=1)).json()
    assert [one["id"] for one in page["items"]] == [second["id"]]
    everything = (await api.get("/release-requests", state="all", name="greet")).json()["items"]
    assert [one["id"] for one in everything] == [second["id"], first["id"]]
    await story.ok(story.move(2))
    assert (await api.get("/release-requests")).json()["items"] == []
    assert (await api.get("/gates")).json()["items"][0]["name"] == "main"


async def test_one_request_carries_one_release(story: Story, join: Join, api: Api) -> None:
    await story.begin()
    await story.gate(approvals=1)
    await join("ada")
    request = await story.asked()
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.move(2))
    await story.ok(api.post("/prompts/greet/labels/production/rollback", {}))
    assert await story.refused(2) == ["gate.not_requested"]
    assert (await story.asked())["state"] == "waiting"
