"""What the engine does by itself: it stops what does harm, tells of what is broken, and shares traffic anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from mcp_engine.access import ENGINE, Caller
from mcp_engine.experiments.watching import ExperimentWatcher
from tests.mcp_engine.experiments.conftest import HELPFUL, TWO_ARMS, Api, Closed, World

GUARDED = {"guardrails": [{"name": "safe", "kind": "binary", "direction": "higher", "tolerated_loss": 0.05}]}


async def observe(
    world: World, caller: Caller, experiment: dict[str, Any], metric: str, **arms: tuple[int, int]
) -> None:
    """Add units with an observation each, in turn an arm: (how many, how many of them succeed)."""
    statement = text(
        "WITH new AS (SELECT n, sha256(CAST(:seed || :metric || n AS bytea)) AS hash "
        "FROM generate_series(1, :units) AS n), "
        "unit AS (INSERT INTO experiment_unit (tenant_id, experiment_id, unit_digest, arm, allocation) "
        "SELECT :tenant, :id, substr(hash, 1, 16), :arm, 0 FROM new RETURNING 1) "
        "INSERT INTO experiment_observation "
        "(tenant_id, experiment_id, metric_name, unit_digest, arm, allocation, value, feedback_id) "
        "SELECT :tenant, :id, :metric, substr(hash, 1, 16), :arm, 0, "
        "CAST((n * CAST(:good AS bigint)) / :units - ((n - 1) * CAST(:good AS bigint)) / :units AS double precision), "
        "CAST(substr(encode(hash, 'hex'), 1, 32) AS uuid) FROM new"
    )
    names = [arm["name"] for arm in experiment["arms"]]
    async with world.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for name, (units, good) in arms.items():
            await work.session.execute(
                statement,
                {"tenant": caller.tenant_id, "id": experiment["id"], "metric": metric, "arm": names.index(name),
                 "units": units, "good": good, "seed": name},
            )  # fmt: skip


async def test_a_guardrail_that_crosses_stops_the_experiment(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin(**GUARDED)
    watcher = ExperimentWatcher(world.database, world.experiments)
    await observe(world, caller, experiment, "safe", control=(400, 360), short=(400, 240))
    await watcher.look()
    ended = await api.get(experiment)
    assert ended["state"] == "rolled_back"
    event = ended["events"][-1]
    assert event["actor_id"] == str(ENGINE)
    assert event["facts"]["guardrail"] == "safe"
    assert event["facts"]["moved_to"] is None
    assert "short is worse than the control" in event["reason"]
    assert "experiments" not in await api.detail()
    analysis = await api.analysis(experiment)
    assert analysis["conclusion"]["decision"] == "harmed"


async def test_a_label_that_was_moved_to_a_harmful_version_is_moved_back(
    api: Api, world: World, caller: Caller
) -> None:
    experiment = await api.begin(**GUARDED)
    await api.client.put(f"/prompts/{api.prompt}/labels/production", json={"version": 2})
    await observe(world, caller, experiment, "safe", control=(400, 360), short=(400, 240))
    await ExperimentWatcher(world.database, world.experiments).look()
    assert (await api.get(experiment))["events"][-1]["facts"]["moved_to"] == 1
    assert (await api.detail())["number"] == 1
    history = (await api.client.get(f"/prompts/{api.prompt}/labels/history")).json()["items"]
    assert (history[0]["to_number"], history[0]["actor_id"]) == (1, str(ENGINE))


async def test_no_gate_keeps_a_harmful_version_released(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin(**GUARDED)
    await api.client.put(f"/prompts/{api.prompt}/labels/production", json={"version": 2})
    world.artifacts.guarded_by(Closed())
    await observe(world, caller, experiment, "safe", control=(400, 360), short=(400, 240))
    await ExperimentWatcher(world.database, world.experiments).look()
    assert (await api.get(experiment))["events"][-1]["facts"]["moved_to"] == 1
    history = (await api.client.get(f"/prompts/{api.prompt}/labels/history")).json()["items"]
    assert (history[0]["to_number"], history[0]["restores"]) == (1, 1)


async def test_a_control_that_was_never_released_needs_the_gates(api: Api, world: World, caller: Caller) -> None:
    arms = [{"name": "control", "version": 3, "weight": 0.5}, {"name": "short", "version": 1, "weight": 0.5}]
    experiment = await api.begin(**GUARDED, arms=arms)
    world.artifacts.guarded_by(Closed())
    await observe(world, caller, experiment, "safe", control=(400, 360), short=(400, 240))
    await ExperimentWatcher(world.database, world.experiments).look()
    ended = await api.get(experiment)
    assert (ended["state"], ended["events"][-1]["facts"]["moved_to"]) == ("rolled_back", None)
    assert (await api.detail())["number"] == 1


async def test_a_tolerated_loss_stops_nothing(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin(**GUARDED)
    await observe(world, caller, experiment, "safe", control=(800, 720), short=(800, 700))
    watcher = ExperimentWatcher(world.database, world.experiments)
    await watcher.look()
    assert (await api.get(experiment))["state"] == "running"


async def test_only_new_feedback_is_looked_at(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin(**GUARDED)
    watcher = ExperimentWatcher(world.database, world.experiments)
    await watcher.look()
    await observe(world, caller, experiment, "safe", control=(4, 4))
    assert await watcher.look() >= 1
    assert await watcher.look() == 0


async def test_shares_that_are_off_are_told_for_ever(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin()
    await observe(world, caller, experiment, "helpful", control=(900, 500), short=(500, 300))
    await ExperimentWatcher(world.database, world.experiments).look()
    shown = await api.get(experiment)
    assert (shown["state"], shown["alarmed"], shown["events"][-1]["kind"]) == ("running", True, "alarmed")
    analysis = await api.analysis(experiment)
    assert analysis["conclusion"]["decision"] == "broken"
    await observe(world, caller, experiment, "more", short=(400, 300))
    assert (await api.analysis(experiment))["ratio_mismatch"]["alarm"] is True


async def test_an_adaptive_experiment_follows_what_it_sees(api: Api, world: World, caller: Caller) -> None:
    experiment = await api.begin(allocator="top_two")
    await observe(world, caller, experiment, "helpful", control=(50, 20), short=(50, 40))
    watcher = ExperimentWatcher(world.database, world.experiments)
    await watcher.look()
    (mapping,) = (await api.detail())["experiments"]
    assert mapping["allocation"] == 1
    assert mapping["arms"][1]["weight"] > 0.5 - 1e-9
    assert min(arm["weight"] for arm in mapping["arms"]) >= 0.1
    analysis = await api.analysis(experiment)
    (comparison,) = analysis["comparisons"]
    assert analysis["biased"]
    assert comparison["biased"]
    assert comparison["interval"] is None
    assert comparison["p_value"] < 0.05
    run = await api.run(unit_id="ada")
    assert run["number"] in (1, 2)


async def test_a_fixed_experiment_keeps_its_weights(api: Api, world: World, caller: Caller) -> None:
    arms = [{**TWO_ARMS[0], "weight": 0.2}, {**TWO_ARMS[1], "weight": 0.8}]
    experiment = await api.begin(arms=arms, metrics=[HELPFUL])
    await observe(world, caller, experiment, "helpful", control=(20, 4), short=(80, 70))
    await ExperimentWatcher(world.database, world.experiments).look()
    assert [arm["share"] for arm in (await api.get(experiment))["arms"]] == [0.2, 0.8]


async def test_the_watcher_looks_until_it_is_stopped(api: Api, world: World, caller: Caller) -> None:
    watcher = ExperimentWatcher(world.database, world.experiments, seconds=0.01)
    watcher.start()
    await watcher.stop()
    await watcher.stop()
