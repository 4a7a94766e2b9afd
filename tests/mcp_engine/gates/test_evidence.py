"""What counts as evidence: which rows, scorers and judges prove something, and how much is shown of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from tests.mcp_engine.evaluation.conftest import Api, Model
from tests.mcp_engine.gates.conftest import ROWS, SEALED, Story

OPEN = {**SEALED, "name": "screen", "split": "open", "dataset": "practice/1"}


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


async def test_a_first_release_has_nothing_to_be_better_than(story: Story, api: Api) -> None:
    await story.begin()
    await story.gate(SEALED, protects={"names": ["gre*"], "label": "live"})
    request = await story.ok(api.post("/release-requests", {"name": "greet", "label": "live", "version": 2}))
    await story.work(request["job_id"])
    [requirement] = (await story.shown(request))["gates"][0]["requirements"]
    assert requirement["verdict"] == "passed"
    assert "nothing yet" in requirement["statement"]


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


async def test_too_few_rows_prove_nothing(story: Story, api: Api) -> None:
    await story.begin(rows=5)
    await story.gate(SEALED)
    asked = await api.post("/release-requests", {"name": "greet", "version": 2})
    assert (asked.status_code, asked.json()["code"]) == (422, "gate.too_few_rows")


async def test_whoever_may_push_a_scorer_does_not_decide_what_the_gate_measures(story: Story, api: Api) -> None:
    await story.begin()
    story.knows(0)
    await story.gate({**SEALED, "dataset": "questions"})
    [requirement] = (await story.ok(api.get("/gates/main")))["requirements"]
    assert (requirement["scorer"], requirement["dataset"]) == ("exact/1", "questions/1")
    lax = {"type": "contains", "parameters": {"texts": ["wrong"]}}
    await story.ok(api.post("/artifacts/scorer/exact", {"body": lax}))
    assert (await story.asked())["state"] == "failed"


async def test_another_model_is_another_question(story: Story, model: Model) -> None:
    await story.begin()
    await story.gate(SEALED)
    first = await story.asked()
    model.weights = "x" * 64
    story.knows(0)
    second = await story.asked()
    assert (first["state"], second["state"]) == ("ready", "failed")
    assert await story.refused(2) == ["gate.failed"]
