"""Whom an experiment reached, and which feedback counts: once a unit and metric, late or early, never a fallback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent
from mcp_engine.experiments.assignment import Split, Step, chosen
from mcp_engine.experiments.facts import ExperimentCheck
from mcp_engine.identifiers import new_id
from tests.mcp_engine.experiments.conftest import TWO_ARMS, Api, World


def arm_of(experiment: dict[str, Any], mapping: dict[str, Any], unit: str) -> str:
    split = Split(mapping["id"], mapping["salt"], [arm["weight"] for arm in mapping["arms"]], [Step(0, 1)])
    arm = chosen(split, unit).arm
    assert arm is not None
    return experiment["arms"][arm]["name"]


async def begun(api: Api, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Begin an experiment; return it and the mapping that clients get."""
    experiment = await api.begin(**options)
    (mapping,) = (await api.detail())["experiments"]
    return experiment, mapping


async def seen(api: Api, experiment: dict[str, Any]) -> int:
    (comparison,) = (await api.analysis(experiment))["comparisons"]
    return comparison["observations"] + comparison["control_observations"]


async def test_feedback_on_an_execution_counts_once(api: Api) -> None:
    experiment, _ = await begun(api)
    run = await api.run(unit_id="ada")
    for value in (True, False, True):
        assert (await api.give(value, execution_id=run["execution_id"])).status_code == 201
    analysis = await api.analysis(experiment)
    (comparison,) = analysis["comparisons"]
    values = {comparison["control_value"], comparison["value"]}
    assert await seen(api, experiment) == 1
    assert values == {1.0, None}
    assert analysis["conclusion"]["decision"] == "keep_going"


async def test_a_second_run_of_a_unit_adds_nothing(api: Api) -> None:
    experiment, _ = await begun(api)
    for _ in range(3):
        run = await api.run(unit_id="ada")
        await api.give(True, execution_id=run["execution_id"])
    assert await seen(api, experiment) == 1
    assert sum(arm["units"] for arm in (await api.analysis(experiment))["arms"]) == 1


async def test_other_metrics_and_units_without_exposure_do_not_count(api: Api) -> None:
    experiment, _ = await begun(api)
    run = await api.run(unit_id="ada")
    await api.give(True, metric="other", execution_id=run["execution_id"])
    await api.give("Nice.", metric="comment", execution_id=run["execution_id"])
    outside = await api.run()
    await api.give(True, execution_id=outside["execution_id"])
    await api.give(True, session_id="unknown")
    assert await seen(api, experiment) == 0
    unknown = await api.give(True, execution_id=str(new_id()))
    assert unknown.json()["code"] == "execution.not_found"


@pytest.mark.parametrize("feedback_first", [True, False])
async def test_a_session_is_joined_whichever_comes_first(api: Api, feedback_first: bool) -> None:
    experiment, mapping = await begun(api)
    session = new_id().hex
    exposure = {"unit_id": "ada", "arm": arm_of(experiment, mapping, "ada"), "session_id": session}
    if feedback_first:
        await api.give(True, session_id=session)
        await api.give(False, session_id=session)
    assert await api.expose(experiment, exposure) == {"recorded": 1, "refused": []}
    if not feedback_first:
        await api.give(True, session_id=session)
        await api.give(False, session_id=session)
    await api.expose(experiment, exposure, exposure)
    (comparison,) = (await api.analysis(experiment))["comparisons"]
    assert await seen(api, experiment) == 1
    assert {comparison["control_value"], comparison["value"]} == {1.0, None}


async def test_nothing_is_lost_when_both_come_at_once(api: Api) -> None:
    experiment, mapping = await begun(api)
    units = [f"unit-{number}" for number in range(24)]

    async def both(unit: str) -> None:
        session = f"{experiment['name']}.{unit}"
        exposure = {"unit_id": unit, "arm": arm_of(experiment, mapping, unit), "session_id": session}
        await asyncio.gather(api.expose(experiment, exposure), api.give(True, session_id=session))

    await asyncio.gather(*map(both, units))
    assert await seen(api, experiment) == len(units)


async def test_fallbacks_are_shown_and_never_counted(api: Api) -> None:
    experiment, mapping = await begun(api)
    session = new_id().hex
    await api.expose(
        experiment,
        {"unit_id": "ada", "arm": arm_of(experiment, mapping, "ada"), "session_id": session, "is_fallback": True},
    )
    await api.give(True, session_id=session)
    analysis = await api.analysis(experiment)
    assert await seen(api, experiment) == 0
    assert analysis["excluded"]["fallback_units"] == 1
    assert sum(arm["units"] for arm in analysis["arms"]) == 0


async def test_an_exposure_that_disagrees_is_named_and_the_others_are_kept(api: Api) -> None:
    experiment, mapping = await begun(api)
    right = arm_of(experiment, mapping, "ada")
    wrong = next(arm["name"] for arm in TWO_ARMS if arm["name"] != right)
    answer = await api.expose(
        experiment,
        {"unit_id": "ada", "arm": wrong},
        {"unit_id": "ada", "arm": "purple"},
        {"unit_id": "ada", "arm": None},
        {"unit_id": "ada", "arm": right, "allocation": 1},
        {"unit_id": "ada", "arm": right},
    )
    assert answer["recorded"] == 1
    assert [(one["index"], one["code"]) for one in answer["refused"]] == [
        (0, "experiment.wrong_arm"),
        (1, "experiment.arm_not_found"),
        (2, "experiment.wrong_arm"),
        (3, "experiment.allocation_not_found"),
    ]
    draft = await api.begin(start=False)
    (refused,) = (await api.expose(draft, {"unit_id": "a", "arm": "control"}))["refused"]
    assert refused["code"] == "experiment.not_started"


async def test_late_feedback_counts_after_the_end(api: Api) -> None:
    experiment, _ = await begun(api)
    run = await api.run(unit_id="ada")
    await api.after(experiment, "stop")
    await api.give(True, execution_id=run["execution_id"])
    assert await seen(api, experiment) == 1


async def test_values_that_are_no_truth_are_told_apart(api: Api) -> None:
    experiment, _ = await begun(api)
    for unit, value in (("a", 0), ("b", 1), ("c", 0.5), ("d", True)):
        run = await api.run(unit_id=unit)
        await api.give(value, execution_id=run["execution_id"])
    assert await seen(api, experiment) == 3
    assert (await api.analysis(experiment))["excluded"]["values_not_binary"] == {"helpful": 1}


async def test_the_unit_itself_is_nowhere(api: Api, world: World, caller: Caller) -> None:
    await begun(api)
    await api.run(unit_id="ada-lovelace-1815")
    async with world.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        connection = await work.session.connection()
        for table in ("experiment_unit", "experiment_exposure", "execution", "execution_inputs", "audit_entry"):
            rows = (await connection.exec_driver_sql(f"SELECT t::text FROM {table} AS t")).scalars()
            assert not any("lovelace" in row for row in rows)


async def test_what_the_log_says_is_what_the_rows_say(api: Api, world: World, caller: Caller) -> None:
    experiment, mapping = await begun(api)
    await api.run(unit_id="ada")
    for units in ("x", "yz"):
        shown = [{"unit_id": unit, "arm": arm_of(experiment, mapping, unit), "session_id": unit} for unit in units]
        await api.expose(experiment, *shown)
    await api.after(experiment, "promote", arm="short")
    check, found = ExperimentCheck(), 0
    async with world.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        connection = await work.session.connection()
        rows = (await connection.exec_driver_sql("SELECT kind, subject, facts FROM audit_entry")).all()
        for kind, subject, facts in rows:
            if kind in check.kinds:
                found += 1
                live = await check.facts(work, kind, [subject])
                assert live[subject] == facts, AuditEvent(kind, subject, facts)
    assert found == 6


async def test_reports_of_the_same_units_do_not_wait_for_each_other(api: Api) -> None:
    experiment, mapping = await begun(api)
    shown = [
        {"unit_id": unit, "arm": arm_of(experiment, mapping, unit), "session_id": f"{experiment['name']}.{unit}"}
        for unit in (f"unit-{number}" for number in range(60))
    ]
    answers = await asyncio.gather(*(api.expose(experiment, *shown[:: 1 - 2 * (n % 2)]) for n in range(8)))
    assert {answer["recorded"] for answer in answers} == {60}
    assert sum(arm["units"] for arm in (await api.analysis(experiment))["arms"]) == 60
