"""Which gates stand before a label, and who puts them there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mcp_engine.evaluation.conftest import Api
from tests.mcp_engine.gates.conftest import SEALED, Join, Story


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


async def test_the_gates_over_one_prompt_are_found_page_by_page(story: Story, api: Api) -> None:
    for name, names in (("all", ["*"]), ("greetings", ["gr??t"]), ("other", ["other"])):
        body = {"protects": {"names": names}, "approvals": 1}
        await story.ok(api.post("/gates", {"name": name, "body": body}))
    first = await story.ok(api.get("/gates", name="greet", limit=1))
    rest = await story.ok(api.get("/gates", name="greet", limit=1, cursor=first["next_cursor"]))
    assert [one["name"] for one in first["items"] + rest["items"]] == ["all", "greetings"]
    assert rest["next_cursor"] is None
    assert (await story.ok(api.get("/gates", name="greet", kind="dataset")))["items"] == []


async def test_a_gate_before_nothing_that_there_is_gets_refused(api: Api) -> None:
    refused = await api.post("/gates", {"name": "main", "body": {"protects": {"kind": "prompts"}}})
    assert (refused.status_code, refused.json()["code"]) == (404, "artifact.kind_not_found")


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


async def test_experiments_are_let_in_by_the_gate(story: Story) -> None:
    await story.begin()
    assert (await story.gate())["experiments"] == "refuse"
    assert (await story.gate(experiments="allow"))["experiments"] == "allow"
