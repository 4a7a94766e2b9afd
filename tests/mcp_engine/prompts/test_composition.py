"""Prompts made of prompts, over REST: what they need, what they pin, and who stands on them."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.executions.service import ExecutionService
from tests.conftest import make_tenant
from tests.mcp_engine.prompts.conftest import Api, Keys, Script

TONE = "Be {{ mood }}."
GREET = '{% include "tone@production" %} Greet {{ name }}.'


async def messages(api: Api, name: str, variables: dict[str, Any], **choice: Any) -> list[str]:
    response = await api.client.post(f"/prompts/{name}/render", json={"variables": variables, **choice})
    assert response.status_code == 200, response.text
    return [message["content"] for message in response.json()["messages"]]


async def composed(api: Api) -> None:
    await api.push("tone", {"template": TONE}, labels=["production"])
    await api.push("greet", {"template": GREET}, labels=["production"])


async def test_a_prompt_says_what_it_needs_with_all_that_it_includes(api: Api) -> None:
    await composed(api)
    found = (await api.client.get("/prompts/greet")).json()
    assert set(found["body"]["variables"]["properties"]) == {"name"}
    assert found["inputs"]["required"] == ["name", "mood"]
    assert [(one["reference"], one["number"], one["template"]) for one in found["includes"]] == [
        ("tone@production", 1, TONE)
    ]
    assert await messages(api, "greet", {"name": "Ada", "mood": "kind"}) == ["Be kind. Greet Ada."]


@pytest.mark.parametrize(
    ("variables", "code", "named"),
    [
        ({"name": "Ada"}, "prompt.variable_missing", "mood"),
        ({"name": "Ada", "mood": "kind", "moon": 1}, "prompt.variable_unknown", "moon"),
        ({"name": "Ada", "mood": 7}, "prompt.variable_invalid", "mood"),
    ],
)
async def test_a_variable_of_an_included_prompt_is_checked_like_its_own(
    api: Api, variables: dict[str, Any], code: str, named: str
) -> None:
    await composed(api)
    refused = await api.client.post("/prompts/greet/render", json={"variables": variables})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert named in refused.json()["detail"]


async def test_a_release_keeps_its_text_when_what_it_includes_moves_on(api: Api, script: Script) -> None:
    await composed(api)
    await api.push("tone", {"template": "Shout."}, labels=["production"])
    given = {"name": "Ada", "mood": "kind"}
    assert await messages(api, "greet", given, label="production") == ["Be kind. Greet Ada."]
    assert await messages(api, "greet", {"name": "Ada"}) == ["Shout. Greet Ada."]
    run = await api.run("greet", label="production", variables=given)
    assert run.status_code == 200, run.text
    assert [message.content for message in script.messages] == ["Be kind. Greet Ada."]


async def test_what_can_not_be_included_is_refused_with_its_reason(api: Api) -> None:
    missing = await api.push("greet", {"template": GREET})
    assert (missing.status_code, missing.json()["code"]) == (404, "prompt.not_found")
    await api.push("tone", {"type": "chat", "messages": [{"role": "user", "content": "x"}]}, labels=["production"])
    chat = await api.push("greet", {"template": GREET})
    assert (chat.status_code, chat.json()["code"]) == (422, "prompt.include_not_text")
    assert (await api.client.get("/prompts/greet")).status_code == 404


async def test_a_circle_is_refused_with_its_path(api: Api) -> None:
    await api.push("a", {"template": "a"}, labels=["production"])
    await api.push("b", {"template": '{% include "a@production" %}'}, labels=["production"])
    circle = await api.push("a", {"template": '{% include "b@latest" %}'}, labels=["production"])
    # `b` pins the first `a` by label; the push itself would close the circle once the label moves.
    assert (circle.status_code, circle.json()["code"]) == (422, "artifact.dependency_cycle")
    assert "prompt:a/2 → prompt:b/1 → prompt:a/1" in circle.json()["detail"]


async def test_a_draft_is_checked_with_what_it_includes(api: Api) -> None:
    await composed(api)
    draft = {"body": {"template": GREET}, "variables": {"name": "Ada", "mood": "kind"}}
    checked = (await api.client.post("/prompts/check", json=draft)).json()
    assert checked["faults"] == []
    assert set(checked["variables"]["properties"]) == {"name", "mood"}
    assert checked["messages"][0]["content"] == "Be kind. Greet Ada."
    draft["body"] = {"template": '{% include "tune@production" %}'}
    faults = (await api.client.post("/prompts/check", json=draft)).json()["faults"]
    assert [fault["code"] for fault in faults] == ["prompt.not_found"]
    assert "tone" in faults[0]["detail"]


async def test_a_draft_can_be_checked_with_what_a_release_pinned(api: Api) -> None:
    await composed(api)
    await api.push("letter", {"template": '{% include "greet@production" %}'}, labels=["production"])
    await api.push("tone", {"template": "Shout."}, labels=["production"])
    draft = {"body": {"template": '{% include "greet@production" %}'}, "variables": {"name": "Ada", "mood": "kind"}}
    released = (await api.client.get("/prompts/letter", params={"label": "production"})).json()["includes"]
    pinned = {one["reference"]: one["number"] for one in released}
    assert pinned == {"greet@production": 1, "tone@production": 1}
    kept = (await api.client.post("/prompts/check", json={**draft, "pinned": pinned})).json()
    assert kept["messages"][0]["content"] == "Be kind. Greet Ada."
    # Without a pin it is what the labels mean now, for what is included by what is included as well.
    loose = {**draft, "variables": {"name": "Ada"}, "pinned": {"greet@production": 1}}
    fresh = (await api.client.post("/prompts/check", json=loose)).json()
    assert fresh["messages"][0]["content"] == "Shout. Greet Ada."


async def test_impact_names_the_releases_and_what_a_move_would_mean(api: Api) -> None:
    await composed(api)
    await api.push("sign", {"template": '{% include "tone/1" %}'}, labels=["production"])
    await api.pushed("tone", "Shout.")
    plain = (await api.client.get("/prompts/tone/impact")).json()["items"]
    assert [(one["name"], one["label"], one["reference"], one["pinned_number"], one["would_pin"]) for one in plain] == [
        ("greet", "production", "tone@production", 1, None),
        ("sign", "production", "tone/1", 1, None),
    ]
    asked = {"label": "production", "version": 2, "limit": 1}
    first = (await api.client.get("/prompts/tone/impact", params=asked)).json()
    assert [one["would_pin"] for one in first["items"]] == [2]
    rest = (await api.client.get("/prompts/tone/impact", params={**asked, "cursor": first["next_cursor"]})).json()
    assert [(one["name"], one["would_pin"]) for one in rest["items"]] == [("sign", None)]


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"label": "production"}, 422, "prompt.impact_incomplete"),
        ({"label": "production", "version": 9}, 404, "prompt.version_not_found"),
    ],
)
async def test_an_impact_that_can_not_be_told_says_why(
    api: Api, params: dict[str, Any], status: int, code: str
) -> None:
    await composed(api)
    refused = await api.client.get("/prompts/tone/impact", params=params)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_frozen_text_and_tools_are_part_of_a_version(api: Api) -> None:
    tool = {"name": "look_up", "description": "Looks up.", "input_schema": {"type": "object"}}
    first = await api.push("plan", {"template": "{% frozen %}Never lie.{% endfrozen %} Hi", "tools": [tool]})
    assert first.status_code == 201, first.text
    await api.push("plan", {"template": "{% frozen %}Never lie.{% endfrozen %} Hello", "tools": [tool]})
    await api.push("plan", {"template": "{% frozen %}Seldom lie.{% endfrozen %} Hello", "tools": [tool]})
    assert (await api.client.get("/prompts/plan")).json()["body"]["tools"] == [tool]
    for before, after, changed in ((1, 2, False), (2, 3, True)):
        diff = (await api.client.get("/prompts/plan/diff", params={"from": before, "to": after})).json()
        assert diff["frozen_changed"] is changed
    twice = await api.push("plan", {"template": "x", "tools": [tool, tool]})
    assert (twice.status_code, twice.json()["code"]) == (422, "prompt.invalid")
    bad = await api.push("plan", {"template": "x", "tools": [{**tool, "input_schema": {"type": "thing"}}]})
    assert (bad.status_code, bad.json()["code"]) == (422, "schema.invalid")


async def test_a_stored_run_is_rendered_and_run_again_under_another_version(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await composed(api)
    given = {"name": "Ada", "mood": "kind"}
    stored = (await api.run("greet", variables=given)).json()["execution_id"]
    await api.push("greet", {"template": "Dear {{ name }}, {{ mood }} greetings!"})
    again = await api.client.post("/prompts/greet/render", json={"execution_id": stored, "version": 2})
    assert (again.json()["variables"], again.json()["messages"][0]["content"]) == (given, "Dear Ada, kind greetings!")
    run = await api.run("greet", version=2, execution_id=stored)
    assert run.status_code == 200, run.text
    assert script.messages[-1].content == "Dear Ada, kind greetings!"
    both = await api.client.post("/prompts/greet/render", json={"execution_id": stored, "variables": given})
    assert both.status_code == 422
    await executions.erase_content(caller, stored, "asked for")
    gone = await api.client.post("/prompts/greet/render", json={"execution_id": stored})
    assert (gone.status_code, gone.json()["code"]) == (410, "execution.content_erased")


async def test_another_tenants_run_is_not_there(api: Api, keys: Keys, database: Database) -> None:
    await api.pushed("plan", "{{ x }}")
    stored = (await api.run("plan", variables={"x": "secret"})).json()["execution_id"]
    keys.callers["other"] = await make_tenant(database)
    api.client.headers["Authorization"] = "Bearer other"
    await api.pushed("plan", "{{ x }}")
    answer = await api.client.post("/prompts/plan/render", json={"execution_id": stored})
    assert (answer.status_code, answer.json()["code"]) == (404, "execution.not_found")
