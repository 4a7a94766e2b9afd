"""From the wish for a release to the move, or to the list of what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from tests.conftest import make_tenant
from tests.keys import Keys
from tests.mcp_engine.evaluation.conftest import Api, Model
from tests.mcp_engine.gates.conftest import ROWS, SEALED, Join, Story

OPEN = {**SEALED, "name": "screen", "split": "open", "dataset": "practice/1"}


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


async def test_nothing_but_the_verdict_of_sealed_rows_is_shown_anywhere(
    story: Story, api: Api, database: Database, caller: Caller
) -> None:
    await story.begin()
    await story.gate(SEALED)
    await story.asked()
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        rows = await work.session.execute(text("SELECT evaluation_id, execution_id FROM evaluation_item"))
        evaluation, execution = next(iter(rows))
    for path in ("", "/openings"):
        hidden = await api.get(f"/executions/{execution}{path}")
        assert (hidden.status_code, hidden.json()["code"]) == (403, "execution.sealed")
    used = await api.post("/datasets/from-executions", {"name": "stolen", "execution_ids": [str(execution)]})
    assert used.json()["code"] == "execution.sealed"
    shown = (await api.get(f"/evaluations/{evaluation}")).json()
    assert (shown["metrics"], shown["failed_rows"], shown["reused_rows"]) == (None, None, None)
    assert (await api.get(f"/evaluations/{evaluation}/rows")).json()["code"] == "dataset.sealed"
    assert (await api.get("/evaluations")).json()["items"] == []
    assert (await api.get("/executions")).json()["items"] == []
    assert (await api.get("/executions", kind="gate_run")).json()["items"] == []


@pytest.mark.slow
async def test_open_rows_are_looked_at_first_and_spare_the_sealed_ones(story: Story, model: Model) -> None:
    await story.begin()
    await story.rows("practice", range(100, 120), "open")
    await story.gate(OPEN, SEALED)
    request = await story.asked()
    assert await story.refused(2) == ["gate.failed", "gate.not_looked"]
    first, second = request["gates"][0]["requirements"]
    assert (first["verdict"], len(first["evaluations"]), second["verdict"]) == ("failed", 2, "not_looked")
    assert not [asked for asked in model.asked if int(asked.split()[1][1:]) < ROWS]
    assert (await story.ok(story.api.get("/gates/main")))["ledgers"] == []
    story.knows(1000)
    # The outputs that failed are kept: what was measured stays measured, and another version is another try.
    await story.ok(story.api.post("/prompts", {"name": "greet", "body": {"template": "new  {{ q }}"}}))
    assert (await story.asked(3))["state"] == "ready"


async def test_two_persons_approve_and_the_author_is_none_of_them(story: Story, join: Join) -> None:
    await story.begin()
    await story.gate(approvals=2)
    people = [await join(name) for name in ("ada", "bob")]
    await join("bot", kind="machine", role="automation")
    assert await story.refused(2) == ["gate.not_requested"]
    request = await story.asked(key="bot")
    assert (request["state"], request["approvals_needed"]) == ("waiting", 2)
    assert (await story.approve(request, "owner")).json()["code"] == "gate.author"
    assert (await story.approve(request, "bot")).json()["code"] == "gate.person_needed"
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.approve(request, "ada"))
    assert await story.refused(2) == ["gate.approvals_missing"]
    await story.ok(story.approve(request, "bob", approve=False))
    assert "gate.rejected" in await story.refused(2)
    assert (await story.shown(request))["state"] == "rejected"
    assert (await story.ok(story.approve(request, "bob")))["state"] == "ready"
    moved = await story.ok(story.move(2))
    assert moved["certificate"]["approvers"] == sorted(str(one.principal_id) for one in people)
    assert (await story.approve(request, "ada")).json()["code"] == "gate.released_already"


async def test_machines_may_only_ask_and_movers_are_named(story: Story, join: Join) -> None:
    await story.begin()
    await story.gate(movers=["ada"])
    await join("ada")
    await join("bob")
    await join("bot", kind="machine", role="editor")
    assert await story.refused(2, key="bot") == ["gate.machine"]
    assert await story.refused(2, key="bob") == ["gate.mover"]
    assert (await story.ok(story.move(2, key="ada")))["certificate"]["proof"] == "gates"
    await story.gate(machines="release")
    assert (await story.move(1, key="bot")).status_code == 200


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


async def test_evidence_speaks_of_one_baseline_and_one_gate(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED)
    request = await story.asked()
    await story.gate(SEALED, cooldown_minutes=0, description="Another wording.")
    assert await story.refused(2) == ["gate.evidence_stale"]
    assert (await story.shown(request))["state"] == "stale"
    await story.gate(SEALED)
    assert (await story.shown(request))["state"] == "ready"
    await story.ok(api.post("/prompts", {"name": "greet", "body": {"template": "third {{ q }}"}}))
    await story.ok(story.move(3, override=True, reason="A detour."))
    assert await story.refused(2) == ["gate.baseline_moved"]


async def test_a_push_that_moves_a_protected_label_is_refused_as_a_whole(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED)
    body = {"name": "greet", "body": {"template": "newer {{ q }}"}, "labels": ["production"]}
    assert (await api.post("/prompts", body)).status_code == 409
    assert (await api.get("/prompts/greet", version=3)).status_code == 404


async def test_a_first_release_has_nothing_to_be_better_than(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED, protects={"names": ["gre*"], "label": "live"})
    request = await story.ok(api.post("/release-requests", {"name": "greet", "label": "live", "version": 2}))
    await story.work(request["job_id"])
    [requirement] = (await story.shown(request))["gates"][0]["requirements"]
    assert requirement["verdict"] == "passed"
    assert "nothing yet" in requirement["statement"]


async def test_what_needs_no_gate_moves_as_ever(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED, protects={"names": ["other", "x*"]})
    moved = await story.ok(story.move(2))
    assert moved["certificate"] is None
    asked = await api.post("/release-requests", {"name": "greet", "version": 1})
    assert (asked.status_code, asked.json()["code"]) == (409, "gate.none")
    await story.gate(SEALED)
    again = await api.post("/release-requests", {"name": "greet", "version": 2})
    assert again.json()["code"] == "gate.released_already"
    await story.gate(SEALED, enabled=False)
    assert (await story.move(1)).status_code == 200


@pytest.mark.slow
async def test_the_rule_not_worse_and_at_least(story: Story) -> None:
    await story.begin(rows=120)
    story.knows(110)
    floor = {**SEALED, "name": "floor", "rule": "at_least", "threshold": 0.8}
    kept = {**SEALED, "name": "kept", "rule": "not_worse", "margin": 0.1}
    await story.gate(floor, kept)
    assert (await story.asked())["state"] == "ready"
    await story.gate({**floor, "threshold": 0.9})
    assert (await story.asked())["state"] == "failed"


async def test_an_uncalibrated_judge_decides_nothing(story: Story, api: Api, types: ScorerTypes) -> None:
    assert types.get("judge")
    await story.begin()
    await story.ok(api.post("/prompts", {"name": "judge", "body": {"template": "Judge {{ output }}"}}))
    judge = {"type": "judge", "parameters": {"prompt": "judge/1"}}
    await story.ok(api.post("/artifacts/scorer/fair", {"body": judge}))
    await story.gate({**SEALED, "scorer": "fair"})
    asked = await api.post("/release-requests", {"name": "greet", "version": 2})
    assert (asked.status_code, asked.json()["code"]) == (409, "gate.judge_uncalibrated")
    body = {"requires": [{**SEALED, "scorer": "fair", "rule": "not_worse", "margin": 0.1}]}
    refused = await api.post("/gates", {"name": "other", "body": body})
    assert refused.json()["code"] == "gate.judge_rule"


async def test_a_judge_of_pairs_is_no_evidence(story: Story, api: Api) -> None:
    await story.begin()
    await story.ok(api.post("/prompts", {"name": "which", "body": {"template": "{{ first }} or {{ second }}?"}}))
    await story.ok(
        api.post("/artifacts/scorer/better", {"body": {"type": "pair_judge", "parameters": {"prompt": "which"}}})
    )
    refused = await api.post("/gates", {"name": "judged", "body": {"requires": [{**SEALED, "scorer": "better"}]}})
    assert (refused.status_code, refused.json()["code"]) == (422, "evaluation.scorer_compares")


async def test_a_certificate_dies_when_its_scorer_changes(story: Story, api: Api) -> None:
    await story.begin()
    contains = {"type": "contains", "parameters": {"ignore_case": True}}
    await story.ok(api.post("/artifacts/scorer/right", {"body": contains, "labels": ["current"]}))
    await story.gate({**SEALED, "scorer": "right@current"})
    await story.asked()
    assert (await story.ok(story.move(2)))["standing"] is True
    other = {"type": "contains", "parameters": {"ignore_case": False}}
    await story.ok(api.post("/artifacts/scorer/right", {"body": other, "labels": ["current"]}))
    [newest, _] = (await api.get("/prompts/greet/labels/history", label="production")).json()["items"]
    assert newest["standing"] is False


@pytest.mark.parametrize(
    ("requirement", "code"),
    [
        ({"rule": "at_least"}, "gate.invalid"),
        ({"rule": "better", "margin": 0.1}, "gate.invalid"),
        ({"rule": "at_least", "threshold": 1.5}, "gate.invalid"),
        ({"scorer": "latency", "rule": "not_worse", "margin": 0.1}, "gate.pass_at_missing"),
        ({"split": "nowhere"}, "dataset.split_not_found"),
        ({"dataset": "answers"}, "dataset.not_found"),
        ({"scorer": "nobody"}, "scorer.not_found"),
        ({"dataset": "questions@latest@x"}, "label.invalid"),
        ({"surprise": 1}, "gate.invalid"),
    ],
)
async def test_a_gate_that_can_prove_nothing_is_not_put_in_force(
    story: Story, api: Api, requirement: dict[str, Any], code: str
) -> None:
    await story.begin()
    response = await api.post("/gates", {"name": "main", "body": {"requires": [{**SEALED, **requirement}]}})
    assert response.status_code in (404, 422), response.text
    assert response.json()["code"] == code
    assert (await api.get("/gates/main")).status_code == 404


async def test_too_few_rows_prove_nothing(story: Story, api: Api) -> None:
    await story.begin(rows=5)
    await story.gate(SEALED)
    asked = await api.post("/release-requests", {"name": "greet", "version": 2})
    assert (asked.status_code, asked.json()["code"]) == (422, "gate.too_few_rows")


async def test_only_owners_decide_which_gate_is_in_force(story: Story, join: Join, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED)
    await join("ada", role="editor")
    lax = {"name": "main", "body": {}}
    assert (await api.post("/gates", lax, "ada")).json()["code"] == "gate.owner_needed"
    await story.ok(api.post("/artifacts/gate/main", {"body": {}}, "ada"))
    moved = await api.put("/artifacts/gate/main/labels/active", {"version": 2}, "ada")
    assert (moved.status_code, moved.json()["code"]) == (403, "gate.owner_needed")
    stricter = {"name": "main", "body": {"requires": [SEALED], "approvals": 1}}
    await story.ok(api.post("/gates", stricter))
    back = await api.post("/artifacts/gate/main/labels/active/rollback", {}, "ada")
    assert (back.status_code, back.json()["code"]) == (403, "gate.owner_needed")
    await story.ok(api.post("/artifacts/gate/main/labels/active/rollback", {}))
    detail = await story.ok(api.get("/gates/main"))
    assert (detail["active"], detail["latest"], len(detail["requirements"])) == (1, 3, 1)


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


async def test_the_gates_over_one_prompt_are_found_page_by_page(story: Story, api: Api) -> None:
    for name, names in (("all", ["*"]), ("greetings", ["gr??t"]), ("other", ["other"])):
        body = {"protects": {"names": names}, "approvals": 1}
        await story.ok(api.post("/gates", {"name": name, "body": body}))
    first = await story.ok(api.get("/gates", name="greet", limit=1))
    rest = await story.ok(api.get("/gates", name="greet", limit=1, cursor=first["next_cursor"]))
    assert [one["name"] for one in first["items"] + rest["items"]] == ["all", "greetings"]
    assert rest["next_cursor"] is None
    assert (await story.ok(api.get("/gates", name="greet", kind="dataset")))["items"] == []


async def test_whoever_may_push_a_scorer_does_not_decide_what_the_gate_measures(story: Story, api: Api) -> None:
    await story.begin()
    story.knows(0)
    await story.gate({**SEALED, "dataset": "questions"})
    [requirement] = (await story.ok(api.get("/gates/main")))["requirements"]
    assert (requirement["scorer"], requirement["dataset"]) == ("exact/1", "questions/1")
    lax = {"type": "contains", "parameters": {"texts": ["wrong"]}}
    await story.ok(api.post("/artifacts/scorer/exact", {"body": lax}))
    assert (await story.asked())["state"] == "failed"


async def test_a_gate_before_nothing_that_there_is_gets_refused(api: Api) -> None:
    refused = await api.post("/gates", {"name": "main", "body": {"protects": {"kind": "prompts"}}})
    assert (refused.status_code, refused.json()["code"]) == (404, "artifact.kind_not_found")


async def test_approvals_of_those_who_left_count_no_more(
    story: Story, join: Join, database: Database, caller: Caller
) -> None:
    await story.begin()
    await story.gate(approvals=1)
    ada, bob = await join("ada"), await join("bob")
    request = await story.asked()
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.approve(request, "bob", approve=False))

    async def change(statement: str, who: Caller) -> None:
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await work.session.execute(text(statement), {"id": who.principal_id})

    await change("UPDATE principal SET disabled_at = now() WHERE id = :id", bob)
    assert (await story.shown(request))["state"] == "ready"
    await change("UPDATE principal SET role = 'viewer' WHERE id = :id", ada)
    assert await story.refused(2) == ["gate.approvals_missing"]


async def test_who_wrote_what_a_version_includes_is_an_author_too(story: Story, join: Join, api: Api) -> None:
    await story.begin()
    await join("mallory", role="owner")
    await join("ada")
    tone = {"name": "tone", "body": {"template": "new "}, "labels": ["live"]}
    await story.ok(api.post("/prompts", tone))
    with_tone = {"name": "greet", "body": {"template": "{% include 'tone@live' %}{{ q }}"}}
    await story.ok(api.post("/prompts", with_tone))
    await story.ok(story.move(3))
    await story.gate(approvals=1)
    await story.ok(api.post("/prompts", {**tone, "body": {"template": "new  "}}, "mallory"))
    request = await story.asked(3)
    assert (await story.approve(request, "mallory")).json()["code"] == "gate.author"
    assert (await story.ok(story.approve(request, "ada")))["state"] == "ready"


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


async def test_another_model_is_another_question(story: Story, model: Model) -> None:
    await story.begin()
    await story.gate(SEALED)
    first = await story.asked()
    model.weights = "x" * 64
    story.knows(0)
    second = await story.asked()
    assert (first["state"], second["state"]) == ("ready", "failed")
    assert await story.refused(2) == ["gate.failed"]


async def test_experiments_are_let_in_by_the_gate(story: Story) -> None:
    await story.begin()
    assert (await story.gate())["experiments"] == "refuse"
    assert (await story.gate(experiments="allow"))["experiments"] == "allow"
