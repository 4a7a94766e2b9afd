"""Labels over REST: blind, of people, and what they say of a judge."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.labels.facts import LABELLED, LabelCheck
from mcp_engine.identifiers import new_id
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.evaluation.conftest import Api, Keys, Model, Work
from tests.mcp_engine.evaluation.runs.test_evaluations import ended, prepared

ROWS = [{"inputs": {"q": f"q{number:02}"}} for number in range(60)]


def number_in(text: str) -> int:
    return int(text[text.index("q") + 1 :][:2])


async def judged(api: Api, work: Work, model: Model, passes: Any, name: str = "fair") -> dict[str, Any]:
    """Evaluate 60 rows with a judge that passes those for which `passes` says so."""

    def rule(asked: str) -> str:
        return json.dumps({"pass": passes(number_in(asked))}) if asked.startswith("Judge") else asked

    model.rule = rule
    await prepared(api, ROWS)
    await api.post("/prompts", {"name": "judge", "body": {"template": "Judge {{ output }}"}, "labels": ["production"]})
    body = {"body": {"type": "judge", "parameters": {"prompt": "judge@production"}}}
    assert (await api.post(f"/artifacts/scorer/{name}", body)).status_code == 201
    return await ended(api, work, scorers=[name])


async def label_all(api: Api, evaluation: dict[str, Any], good: Any, key: str = "owner") -> None:
    """Label everything that waits, as a person with the keyboard does: batch by batch."""
    path = f"/evaluations/{evaluation['id']}"
    while items := (await api.get(f"{path}/labelling", key, scorer="fair", limit=25)).json()["items"]:
        for item in items:
            given = {"scorer": "fair", "position": item["position"], "passed": good(number_in(item["inputs"]["q"]))}
            assert (await api.post(f"{path}/labels", given, key)).status_code == 201


async def test_a_person_judges_blind_in_an_order_of_their_own(
    api: Api, work: Work, model: Model, keys: Keys, caller: Caller
) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    path = f"/evaluations/{evaluation['id']}/labelling"
    first = (await api.get(path, scorer="fair", limit=50)).json()
    assert (first["labelled"], first["left"]) == (0, 60)
    assert set(first["items"][0]) == {"position", "inputs", "expected", "output"}
    keys.callers["other"] = replace(caller, principal_id=new_id())
    other = (await api.get(path, "other", scorer="fair", limit=50)).json()
    orders = [[item["position"] for item in page["items"]] for page in (first, other)]
    assert orders[0] != orders[1] != sorted(orders[1])
    given = {"scorer": "fair", "position": orders[0][0], "passed": False}
    assert (await api.post(f"/evaluations/{evaluation['id']}/labels", given)).json()["passed"] is False
    after = (await api.get(path, scorer="fair")).json()
    assert (after["labelled"], after["left"], after["items"][0]["position"]) == (1, 59, orders[0][1])


async def test_a_judge_that_agrees_with_people_is_calibrated(api: Api, work: Work, model: Model) -> None:
    # The judge passes 40 of 60: all 30 good ones, and 10 of the bad ones.
    evaluation = await judged(api, work, model, lambda number: number < 40)
    before = (await api.get("/scorers/fair/calibration")).json()
    assert (before["calibrated"], before["labelled"]) == (False, 0)
    assert "20 of each are needed" in before["reason"]
    assert (await api.get(f"/evaluations/{evaluation['id']}/corrected-rates")).json()["items"] == []
    await label_all(api, evaluation, lambda number: number < 30)
    found = (await api.get("/scorers/fair/calibration")).json()
    assert (found["calibrated"], found["reason"], found["labelled"], found["ties"]) == (True, None, 60, 0)
    assert (found["sensitivity"]["value"], found["specificity"]["value"]) == (1.0, pytest.approx(2 / 3))
    assert found["kappa"] == pytest.approx(2 / 3)
    [rate] = (await api.get(f"/evaluations/{evaluation['id']}/corrected-rates")).json()["items"]
    assert rate["judged"] == pytest.approx(2 / 3)
    assert rate["corrected"] == pytest.approx(0.5)
    [metric] = evaluation["metrics"]
    assert rate["low"] < 0.5 < rate["high"]
    assert rate["high"] - rate["low"] > metric["high"] - metric["low"]


async def test_a_judge_no_better_than_a_coin_is_not_calibrated(api: Api, work: Work, model: Model) -> None:
    evaluation = await judged(api, work, model, lambda number: number % 2 == 0)
    await label_all(api, evaluation, lambda number: number < 30)
    found = (await api.get("/scorers/fair/calibration")).json()
    assert (found["calibrated"], found["labelled"]) == (False, 60)
    assert "coin" in found["reason"]
    assert (await api.get(f"/evaluations/{evaluation['id']}/corrected-rates")).json()["items"] == []


async def test_another_wording_is_another_judge(api: Api, work: Work, model: Model) -> None:
    evaluation = await judged(api, work, model, lambda number: number < 30)
    await label_all(api, evaluation, lambda number: number < 30)
    assert (await api.get("/scorers/fair/calibration")).json()["calibrated"]
    await api.post(
        "/prompts", {"name": "judge", "body": {"template": "Judge hard: {{ output }}"}, "labels": ["production"]}
    )
    assert not (await api.get("/scorers/fair/calibration")).json()["calibrated"]


@pytest.mark.slow
async def test_people_who_disagree_settle_nothing(
    api: Api, work: Work, model: Model, keys: Keys, caller: Caller
) -> None:
    evaluation = await judged(api, work, model, lambda number: number < 30)
    keys.callers["other"] = replace(caller, principal_id=new_id())
    await label_all(api, evaluation, lambda number: number < 30)
    await label_all(api, evaluation, lambda number: number < 40, "other")
    found = (await api.get("/scorers/fair/calibration")).json()
    assert (found["labelled"], found["ties"]) == (50, 10)
    assert 0.5 < found["agreement"] < 1


async def test_the_last_word_of_a_person_counts(api: Api, work: Work, model: Model) -> None:
    evaluation = await judged(api, work, model, lambda number: number < 30)
    await label_all(api, evaluation, lambda number: number < 30)
    given = {"scorer": "fair", "position": 0, "passed": False}
    assert (await api.post(f"/evaluations/{evaluation['id']}/labels", given)).status_code == 201
    found = (await api.get("/scorers/fair/calibration")).json()
    assert (found["specificity"]["of"], found["specificity"]["count"]) == (31, 30)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"scorer": "other", "position": 0, "passed": True}, 404, "evaluation.scorer_not_found"),
        ({"scorer": "fair", "position": 99, "passed": True}, 404, "evaluation.row_not_found"),
        ({"scorer": "fair", "position": 0, "passed": "yes"}, 422, "request.invalid"),
        ({"scorer": "fair", "position": 0, "passed": 1}, 422, "request.invalid"),
    ],
)
async def test_a_label_that_does_not_fit_is_refused(
    api: Api, work: Work, model: Model, given: dict[str, Any], status: int, code: str
) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    refused = await api.post(f"/evaluations/{evaluation['id']}/labels", given)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_machines_do_not_label(api: Api, work: Work, model: Model, keys: Keys, caller: Caller) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    keys.callers["machine"] = replace(caller, principal_kind="machine")
    given = {"scorer": "fair", "position": 0, "passed": True}
    refused = await api.post(f"/evaluations/{evaluation['id']}/labels", given, "machine")
    assert (refused.status_code, refused.json()["code"]) == (403, "label.person_needed")


async def test_what_was_erased_waits_for_nobody(api: Api, work: Work, model: Model) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    row = (await api.get("/datasets/questions/rows")).json()["items"][0]
    await api.delete(f"/datasets/questions/rows/{row['digest']}/content", reason="asked for")
    queue = (await api.get(f"/evaluations/{evaluation['id']}/labelling", scorer="fair", limit=50)).json()
    assert (queue["left"], 0 in [item["position"] for item in queue["items"]]) == (59, False)


async def test_nobody_else_labels_or_looks(api: Api, work: Work, model: Model, database: Database, keys: Keys) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    keys.callers["stranger"] = await make_tenant(database)
    path = f"/evaluations/{evaluation['id']}"
    assert (await api.get(f"{path}/labelling", "stranger", scorer="fair")).status_code == 404
    given = {"scorer": "fair", "position": 0, "passed": True}
    assert (await api.post(f"{path}/labels", given, "stranger")).status_code == 404
    assert (await api.get(f"{path}/corrected-rates", "stranger")).status_code == 404
    assert (await api.get("/scorers/fair/calibration", "stranger")).status_code == 404


async def test_labels_are_in_the_log_and_never_changed(
    api: Api, work: Work, model: Model, database: Database, caller: Caller, owner_url: str
) -> None:
    evaluation = await judged(api, work, model, lambda _: True)
    given = {"scorer": "fair", "position": 3, "passed": True}
    label = (await api.post(f"/evaluations/{evaluation['id']}/labels", given)).json()
    with psycopg.connect(plain_url(owner_url)) as connection, pytest.raises(psycopg.Error):
        connection.execute("UPDATE human_label SET passed = false")
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as unit:
        facts = await LabelCheck().facts(unit, LABELLED, [label["id"], str(UUID(int=5))])
    assert facts[label["id"]]["passed"] is True
    assert len(facts) == 1
