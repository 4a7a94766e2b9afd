"""Comparisons over REST: paired, with intervals, corrected for several looks, down to the row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mcp_engine.evaluation.conftest import Api, Model, Work
from tests.mcp_engine.evaluation.runs.test_evaluations import ended, prepared, started

ROWS = [{"inputs": {"q": f"q{number:02}"}, "expected": f"right {number:02}"} for number in range(40)]


async def versions(api: Api, work: Work, model: Model, **more: Any) -> list[str]:
    """Evaluate a version that knows the last ten rows and one that knows all but the first two."""

    def rule(asked: str) -> str:
        number = int(asked[-2:])
        known = number >= 30 if asked.startswith("old") else number >= 2
        return f"right {number:02}" if known else "wrong"

    model.rule = rule
    await prepared(api, ROWS, "old {{ q }}")
    await prepared(api, ROWS, "new {{ q }}")
    return [(await ended(api, work, subject=f"echo/{number}", **more))["id"] for number in (1, 2)]


async def test_a_better_version_is_told_from_chance(api: Api, work: Work, model: Model) -> None:
    ids = await versions(api, work, model, scorers=["exact", "token_f1"])
    comparison = (await api.get("/evaluations/comparison", evaluation=ids)).json()
    assert (comparison["rows"], comparison["baseline"]["id"]) == (40, ids[0])
    [candidate] = comparison["candidates"]
    exact, f1 = candidate["differences"]
    assert (exact["baseline_mean"], exact["candidate_mean"], exact["difference"]) == (0.25, 0.95, 0.7)
    assert (exact["gained"], exact["lost"], exact["verdict"]) == (28, 0, "better")
    assert exact["low"] > 0
    assert exact["p_value"] <= exact["adjusted_p"] < 0.001
    assert (f1["verdict"], f1["left_out"]) == ("better", 0)


async def test_versions_that_are_alike_stay_undecided(api: Api, work: Work, model: Model) -> None:
    ids = await versions(api, work, model, limit=2)
    [candidate] = (await api.get("/evaluations/comparison", evaluation=ids)).json()["candidates"]
    assert [one["verdict"] for one in candidate["differences"]] == ["undecided"]


async def test_the_rows_that_flipped_are_shown_side_by_side(api: Api, work: Work, model: Model) -> None:
    ids = await versions(api, work, model)
    wanted = {"evaluation": [ids[1], ids[0]], "scorer": "exact", "changed": True, "limit": 20}
    page = (await api.get("/evaluations/comparison/rows", **wanted)).json()
    assert {row["change"] for row in page["items"]} == {-1.0}
    first = page["items"][0]
    assert [(side["output"], side["value"]) for side in first["outputs"]] == [(first["expected"], 1.0), ("wrong", 0.0)]
    rest = (await api.get("/evaluations/comparison/rows", **wanted, cursor=page["next_cursor"])).json()
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (20, 8, None)
    everything = (await api.get("/evaluations/comparison/rows", evaluation=ids, scorer="exact", limit=200)).json()
    assert len(everything["items"]) == 40


async def test_what_cannot_be_compared_says_why(api: Api, work: Work, model: Model) -> None:
    ids = await versions(api, work, model)
    waiting = (await started(api, reuse=False))["id"]
    other = (await ended(api, work, scorers=["contains"]))["id"]

    async def refused(path: str = "/evaluations/comparison", **query: Any) -> tuple[int, str]:
        response = await api.get(path, **query)
        return response.status_code, response.json()["code"]

    assert await refused(evaluation=[ids[0], waiting]) == (409, "evaluation.not_ended")
    assert await refused(evaluation=[ids[0], other]) == (422, "evaluation.nothing_in_common")
    assert await refused(evaluation=[ids[0], ids[0]]) == (422, "evaluation.compare_count")
    assert await refused(evaluation=[ids[0]]) == (422, "request.invalid")
    rows = {"path": "/evaluations/comparison/rows", "evaluation": ids, "scorer": "latency"}
    assert await refused(**rows) == (404, "evaluation.scorer_not_found")


@pytest.mark.parametrize("limit", [1, 2])
async def test_a_handful_of_rows_gives_no_false_precision(api: Api, work: Work, model: Model, limit: int) -> None:
    ids = await versions(api, work, model, limit=limit, scorers=["token_f1"])
    [candidate] = (await api.get("/evaluations/comparison", evaluation=ids)).json()["candidates"]
    assert candidate["differences"][0]["verdict"] == "undecided"
