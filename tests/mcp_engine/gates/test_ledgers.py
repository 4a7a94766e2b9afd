"""The error budget belongs to sealed rows: whoever asks, under whatever name, spends from the same one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.mcp_engine.evaluation.conftest import Api
from tests.mcp_engine.gates.conftest import ROWS, SEALED, Story


async def ledgers(story: Story, gate: str = "main") -> list[dict[str, Any]]:
    return (await story.ok(story.api.get(f"/gates/{gate}")))["ledgers"]


async def version(story: Story, number: int, name: str = "greet") -> dict[str, Any]:
    """Push one more version that says the same as the second, and ask for its release."""
    body = {"template": "new " + " " * number + "{{ q }}"}
    pushed = await story.ok(story.api.post("/prompts", {"name": name, "body": body}))
    return await story.asked(pushed["number"], name=name)


@pytest.mark.slow
async def test_every_failed_look_spends_and_the_planned_ones_have_the_same_chance(story: Story) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, planned_looks=3)
    levels: list[float] = []
    for number in range(1, 6):
        request = await version(story, number)
        levels.append(request["gates"][0]["requirements"][0]["level"])
    share = 0.05 * 0.9 / 3 * 0.9
    assert levels[:3] == pytest.approx([share, share, share])
    assert levels[3] > levels[4] > 0
    [ledger] = await ledgers(story)
    assert (ledger["looks"], ledger["passes"], ledger["rows"]) == (5, 0, ROWS)
    assert ledger["left"] == pytest.approx(0.1 / 3)
    assert "fresh rows" in ledger["reason"]


async def test_the_same_question_is_answered_from_memory_and_costs_nothing(story: Story) -> None:
    await story.begin()
    await story.gate(SEALED, planned_looks=3)
    first = await story.asked()
    await story.gate(SEALED, planned_looks=3, description="Other words.")
    again = await story.asked()
    assert again["id"] != first["id"]
    assert again["gates"][0]["requirements"] == first["gates"][0]["requirements"]
    assert (await ledgers(story))[0]["looks"] == 1


async def test_a_copied_prompt_spends_from_the_same_ledger(story: Story, api: Api) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, planned_looks=3)
    await story.asked()
    for template in ("old {{ q }}", "new {{ q }}"):
        await story.ok(api.post("/prompts", {"name": "copy", "body": {"template": template}}))
    await story.ok(story.move(1, name="copy", override=True, reason="The copy's baseline."))
    await story.asked(name="copy")
    [ledger] = await ledgers(story)
    assert ledger["looks"] == 2


@pytest.mark.parametrize(
    "numbers",
    [list(reversed(range(ROWS))), list(range(ROWS - 3)), list(range(ROWS - 12, ROWS + 20))],
    ids=["shuffled", "some of them", "with fresh ones"],
)
async def test_rows_under_another_name_meet_the_same_ledger(story: Story, numbers: list[int]) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, planned_looks=3)
    await story.asked()
    # What a row asks counts, not what stands beside it.
    await story.rows("renamed", numbers, metadata={"note": "mine"})
    await story.gate({**SEALED, "dataset": "renamed/1"}, planned_looks=3)
    await story.asked()
    found = await ledgers(story)
    assert max(ledger["looks"] for ledger in found) == 2
    assert min(ledger["next_level"] for ledger in found) == pytest.approx(0.05 * 0.9 / 3 * 0.9)


async def test_rows_dealt_out_over_versions_share_one_ledger(story: Story) -> None:
    await story.begin(rows=30)
    story.knows(0)
    for part in (range(15), range(15, 30)):
        await story.rows("questions", part)
    for number in (2, 3):
        await story.gate({**SEALED, "dataset": f"questions/{number}"}, planned_looks=3)
        await version(story, number)
    [ledger] = await ledgers(story)
    assert (ledger["rows"], ledger["looks"]) == (30, 2)


async def test_fresh_rows_open_a_ledger_of_their_own(story: Story) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, planned_looks=1)
    await version(story, 1)
    await story.rows("questions", range(100, 100 + ROWS))
    await story.gate({**SEALED, "dataset": "questions/2"}, planned_looks=1)
    assert await ledgers(story) == []
    request = await version(story, 2)
    assert request["gates"][0]["requirements"][0]["level"] == pytest.approx(0.05 * 0.9 * 0.9)


@pytest.mark.slow
async def test_repeated_questions_count_once(story: Story, api: Api) -> None:
    await story.begin()
    rows = [
        {"inputs": {"q": f"q{one % 12}"}, "expected": f"q{one % 12}", "split": "sealed", "metadata": {"copy": one}}
        for one in range(120)
    ]
    await story.ok(api.post("/datasets", {"name": "inflated", "rows": rows}))
    await story.gate({**SEALED, "dataset": "inflated/1"})
    assert (await story.asked())["gates"][0]["requirements"][0]["rows"] == 12


async def test_looks_at_once_follow_one_another(story: Story) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, planned_looks=10)
    requests: list[dict[str, Any]] = []
    for number in range(1, 5):
        body = {"template": "new " + " " * number + "{{ q }}"}
        pushed = await story.ok(story.api.post("/prompts", {"name": "greet", "body": body}))
        wanted = {"name": "greet", "version": pushed["number"]}
        requests.append(await story.ok(story.api.post("/release-requests", wanted)))
    await asyncio.gather(*(story.work(request["job_id"]) for request in requests))
    [ledger] = await ledgers(story)
    assert ledger["looks"] == 4


async def test_a_pass_leaves_little(story: Story) -> None:
    await story.begin()
    await story.gate(SEALED, planned_looks=3)
    assert (await story.asked())["state"] == "ready"
    [ledger] = await ledgers(story)
    assert (ledger["passes"], ledger["left"]) == (1, pytest.approx(0.9 / 3 * 0.1))
    assert "fresh rows" in ledger["reason"]


async def test_a_first_release_is_compared_with_nothing_and_spends_nothing(story: Story, api: Api) -> None:
    """Else anybody could use up the budget of sealed rows by asking for one release under a new name."""
    await story.begin()
    await story.gate(SEALED, planned_looks=3)
    await story.ok(api.post("/prompts", {"name": "newborn", "body": {"template": "new {{ q }}"}}))
    request = await story.asked(1, name="newborn")
    assert (request["state"], request["gates"][0]["requirements"][0]["level"]) == ("ready", None)
    assert await ledgers(story) == []
    certificate = (await story.ok(story.move(1, name="newborn")))["certificate"]
    assert (certificate["proof"], certificate["ledgers"]) == ("gates", [])
    assert "nothing yet" in certificate["gates"][0]["requirements"][0]["statement"]


async def test_a_first_release_meets_thresholds_all_the_same(story: Story, api: Api) -> None:
    await story.begin(rows=20)
    story.knows(0)
    await story.gate(SEALED, {**SEALED, "name": "floor", "rule": "at_least", "threshold": 0.5})
    await story.ok(api.post("/prompts", {"name": "newborn", "body": {"template": "new {{ q }}"}}))
    request = await story.asked(1, name="newborn")
    verdicts = [one["verdict"] for one in request["gates"][0]["requirements"]]
    assert (request["state"], verdicts) == ("failed", ["passed", "failed"])
    assert (await ledgers(story))[0]["looks"] == 1


async def test_a_stricter_gate_gets_what_it_asks_for_on_rows_that_another_opened(story: Story) -> None:
    await story.begin()
    story.knows(0)
    await story.gate(SEALED, name="loose", error_budget=0.2, planned_looks=1)
    await version(story, 1)
    await story.gate(SEALED, name="loose", enabled=False)
    await story.gate(SEALED, name="strict", error_budget=0.001, planned_looks=1000)
    request = await version(story, 2)
    assert request["gates"][0]["requirements"][0]["level"] == pytest.approx(0.001 * 0.9 / 1000 * 0.9)
