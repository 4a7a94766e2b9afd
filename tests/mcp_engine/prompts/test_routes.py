"""Prompts over REST: what goes in, what comes out, and what is refused with which words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from tests.conftest import caller_of, make_tenant
from tests.mcp_engine.prompts.conftest import Api, Keys

CHAT = {
    "type": "chat",
    "messages": [
        {"role": "system", "content": "You are {{ tone }}."},
        {"role": "user", "content": "Greet {{ name }}."},
    ],
}


async def test_a_prompt_is_pushed_found_again_and_read(api: Api) -> None:
    body = {
        "template": "Hi {{ name }}\r\n",
        "parameters": {"max_tokens": 9},
        "tags": ["polite"],
        "description": "Greets.",
    }
    first = await api.push("greet", body, message="first")
    assert first.status_code == 201
    assert (first.json()["number"], first.json()["created"], first.json()["labels"]) == (1, True, ["latest"])
    again = await api.push("greet", {**body, "template": "Hi {{ name }}\n"})
    assert again.status_code == 200
    assert (again.json()["created"], again.json()["version_id"]) == (False, first.json()["version_id"])
    found = (await api.client.get("/prompts/greet")).json()
    assert found["body"]["template"] == "Hi {{ name }}\n"
    assert found["body"]["variables"] == {
        "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
    }  # fmt: skip
    assert found["digest"] == first.json()["digest"]
    assert len(found["lock_digest"]) == 64


async def test_what_was_written_from_an_older_version_is_refused_with_the_number_of_the_newer(api: Api) -> None:
    await api.push("greet", {"template": "Hi"})
    answers = [await api.push("greet", {"template": "Hey"}, after=after) for after in (0, -1, 1)]
    assert [answer.status_code for answer in answers] == [409, 422, 201]
    assert (answers[0].json()["code"], answers[0].json()["latest"]) == ("artifact.exists", 1)


async def test_versions_labels_and_their_history(api: Api) -> None:
    for text in ("one", "two", "three"):
        await api.pushed("plan", text)
    moved = await api.client.put("/prompts/plan/labels/production", json={"version": 2})
    assert (moved.status_code, moved.json()["from_number"], moved.json()["to_number"]) == (200, None, 2)
    await api.client.put("/prompts/plan/labels/production", json={"version": 1})
    assert (await api.client.get("/prompts/plan", params={"label": "production"})).json()["number"] == 1
    assert (await api.client.get("/prompts/plan", params={"version": 2})).json()["number"] == 2
    assert (await api.client.get("/prompts/plan", params={"label": "latest"})).json()["number"] == 3
    page = (await api.client.get("/prompts/plan/versions", params={"limit": 2})).json()
    assert [(item["number"], item["labels"]) for item in page["items"]] == [(3, ["latest"]), (2, [])]
    rest = (await api.client.get("/prompts/plan/versions", params={"cursor": page["next_cursor"]})).json()
    assert [(item["number"], item["labels"]) for item in rest["items"]] == [(1, ["production"])]
    history = (await api.client.get("/prompts/plan/labels/history", params={"label": "production"})).json()["items"]
    assert [(item["from_number"], item["to_number"]) for item in history] == [(2, 1), (None, 2)]


async def test_a_move_keeps_its_reason(api: Api) -> None:
    await api.push("plan", {"template": "one"}, message="First wording", labels=["staging"])
    moved = await api.client.put("/prompts/plan/labels/production", json={"version": 1, "reason": "Passed review"})
    assert moved.json()["reason"] == "Passed review"
    history = (await api.client.get("/prompts/plan/labels/history")).json()["items"]
    assert [(item["label"], item["reason"]) for item in history] == [
        ("production", "Passed review"),
        ("staging", "First wording"),
    ]


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [("x" * 2001, 413, "artifact.message_too_long"), ("a\x00b", 422, "artifact.message_invalid")],
)
async def test_a_reason_that_can_not_be_kept_moves_nothing(api: Api, reason: str, status: int, code: str) -> None:
    await api.pushed("plan", "one")
    refused = await api.client.put("/prompts/plan/labels/production", json={"version": 1, "reason": reason})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await api.client.get("/prompts/plan/labels/history")).json()["items"] == []


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"text": "GREET"}, ["greet", "welcome"]),
        ({"text": "100%"}, ["rare"]),
        ({"text": "_"}, []),
        ({"label": "production"}, ["greet"]),
        ({"label": "production", "text": "welcome"}, []),
        ({"text": "e", "tag": "red"}, ["rare"]),
    ],
)
async def test_prompts_are_found_by_text_tag_and_label(api: Api, wanted: dict[str, str], names: list[str]) -> None:
    await api.push("greet", {"template": "x"}, labels=["production"])
    await api.pushed("welcome", "x", description="Greets \x00 warmly.")
    await api.pushed("rare", "x", tags=["red"], description="In 100% of cases.")
    listed = (await api.client.get("/prompts", params=wanted)).json()["items"]
    assert [item["name"] for item in listed] == names


async def test_a_draft_shows_its_variables_and_what_it_renders_to(api: Api) -> None:
    draft = {"body": CHAT, "variables": {"tone": "kind", "name": "Ada"}}
    checked = (await api.client.post("/prompts/check", json=draft)).json()
    assert (checked["used"], checked["faults"], checked["render_fault"]) == (["name", "tone"], [], None)
    assert checked["variables"]["required"] == ["name", "tone"]
    assert [message["content"] for message in checked["messages"]] == ["You are kind.", "Greet Ada."]
    pushed = await api.push("drafted", CHAT)
    assert pushed.json()["digest"] == checked["digest"]


async def test_a_draft_names_every_faulty_message_with_its_place(api: Api) -> None:
    messages = [
        {"role": "system", "content": "Fine {{ a }}"},
        {"role": "user", "content": "one\n  {{ open"},
        {"role": "user", "content": "{% set x = 1 %}"},
    ]
    checked = (await api.client.post("/prompts/check", json={"body": {"type": "chat", "messages": messages}})).json()
    assert [(fault["code"], fault["message_index"], fault["line"]) for fault in checked["faults"]] == [
        ("template.syntax", 1, 2),
        ("template.not_allowed", 2, 1),
    ]
    assert (checked["used"], checked["variables"], checked["digest"], checked["messages"]) == (["a"], None, None, None)


async def test_a_draft_says_what_keeps_it_from_rendering(api: Api) -> None:
    checked = (await api.client.post("/prompts/check", json={"body": {"template": "{{ a }}"}})).json()
    assert (checked["faults"], checked["messages"]) == ([], None)
    assert checked["render_fault"]["code"] == "prompt.variable_missing"
    undeclared = {"template": "{{ a }}", "variables": {"type": "object", "properties": {}}}
    checked = (await api.client.post("/prompts/check", json={"body": undeclared})).json()
    assert [fault["code"] for fault in checked["faults"]] == ["prompt.variable_undeclared"]


async def test_prompts_are_listed_by_name(api: Api) -> None:
    await api.pushed("b", "x", tags=["red"], description="B.")
    await api.push("a", CHAT, labels=["production"])
    listed = (await api.client.get("/prompts")).json()["items"]
    assert [(item["name"], item["type"], item["labels"], item["tags"]) for item in listed] == [
        ("a", "chat", {"production": 1}, []),
        ("b", "text", {}, ["red"]),
    ]
    assert [item["name"] for item in (await api.client.get("/prompts", params={"tag": "red"})).json()["items"]] == ["b"]
    first = (await api.client.get("/prompts", params={"limit": 1})).json()
    second = (await api.client.get("/prompts", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert (second["items"][0]["name"], second["next_cursor"]) == ("b", None)
    assert (await api.client.get("/prompts", params={"prefix": "nul\x00"})).json().get("items") in (None, [])


async def test_a_diff_shows_the_text_and_every_changed_setting(api: Api) -> None:
    await api.pushed("plan", "same\nold\n", parameters={"seed": 1}, tags=["a"])
    await api.pushed("plan", "same\nnew {{ x }}\n", parameters={"seed": 2, "top_p": 0.5}, tags=["a"])
    diff = (await api.client.get("/prompts/plan/diff", params={"from": "1", "to": "latest"})).json()
    assert diff["text"].split("\n")[-3:] == [" same", "-old", "+new {{ x }}"]
    assert diff["settings"]["parameters.seed"] == {"before": 1, "after": 2}
    assert diff["settings"]["parameters.top_p"] == {"before": None, "after": 0.5}
    assert diff["settings"]["variables.required"] == {"before": [], "after": ["x"]}
    assert "tags" not in diff["settings"]
    same = (await api.client.get("/prompts/plan/diff", params={"from": "2", "to": "2"})).json()
    assert (same["identical"], same["text"], same["settings"]) == (True, "", {})


async def test_a_diff_of_chats_shows_their_roles(api: Api) -> None:
    await api.push("chat", CHAT)
    changed = [CHAT["messages"][0], {"role": "assistant", "content": "Hello."}]
    await api.push("chat", {"type": "chat", "messages": changed})
    text = (await api.client.get("/prompts/chat/diff", params={"from": "1", "to": "2"})).json()["text"]
    assert "-[user]" in text
    assert "+[assistant]" in text


async def test_render_shows_what_a_run_would_send(api: Api) -> None:
    await api.push("chat", CHAT)
    response = await api.client.post("/prompts/chat/render", json={"variables": {"tone": "kind", "name": "{{ Ada }}"}})
    assert response.json() == {
        "number": 1,
        "messages": [
            {"role": "system", "content": "You are kind."},
            {"role": "user", "content": "Greet {{ Ada }}."},
        ],
        "variables": {"tone": "kind", "name": "{{ Ada }}"},
    }


VARIABLES = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer", "default": 2},
        "note": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string", "maxLength": 3}},
    },
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("variables", "code", "says"),
    [
        ({}, "prompt.variable_missing", "'name'"),
        ({"name": "x", "nmae": "y"}, "prompt.variable_unknown", "'nmae'.*count, list, name, note"),
        ({"name": 3}, "prompt.variable_invalid", "name: 3 is not of type 'string'"),
        ({"name": "x", "list": ["ok", "long"]}, "prompt.variable_invalid", "list/1"),
        ({"name": None}, "prompt.variable_invalid", "name: None is not of type"),
    ],
)
async def test_wrong_variables_are_named(api: Api, variables: dict[str, Any], code: str, says: str) -> None:
    await api.pushed("p", "{{ name }} {{ count }} {{ note }}{{ list }}", variables=VARIABLES)
    for path in ("render", "run"):
        response = await api.client.post(f"/prompts/p/{path}", json={"variables": variables})
        problem = response.json()
        assert (response.status_code, problem["code"]) == (422, code)
        assert re.search(says, problem["detail"]), problem["detail"]


async def test_defaults_and_optional_variables(api: Api) -> None:
    await api.pushed("p", "{{ name }}{{ count }}{% if note %}!{{ note }}{% endif %}", variables=VARIABLES)
    response = await api.client.post("/prompts/p/render", json={"variables": {"name": "x"}})
    assert response.json()["messages"][0]["content"] == "x2"


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({"template": "Hi\n {{ name"}, 422, "template.syntax", "line 2, column 5"),
        ({"template": "{{ f() }}"}, 422, "template.not_allowed", "line 1, column 5"),
        ({"type": "chat", "messages": [*CHAT["messages"], {"role": "user", "content": "{% x %}"}]}, 422,
          "template.syntax", "Message 3"),
        ({"template": "x", "variables": {"type": "strnig"}}, 422, "schema.invalid", "variables"),
        ({"template": "x", "variables": {"type": "array"}}, 422, "prompt.invalid", "object"),
        ({"template": "{{ a }}{{ b }}", "variables": {"type": "object", "properties": {"a": {}}}}, 422,
          "prompt.variable_undeclared", "'b'"),
        ({"template": "x", "output_schema": {"type": 7}}, 422, "schema.invalid", "output_schema"),
        ({"template": "x", "parameters": {"temperature": 9}}, 422, "request.invalid", "temperature"),
        ({"template": "x", "parameters": {"temprature": 0}}, 422, "request.invalid", "temprature"),
        ({"template": "x", "nonsense": 1}, 422, "request.invalid", "nonsense"),
        ({"type": "chat", "messages": []}, 422, "request.invalid", "messages"),
        ({"type": "chat", "template": "x"}, 422, "request.invalid", "messages"),
        ({}, 422, "request.invalid", "template"),
        ({"template": "x" * 10_000_000}, 413, "template.too_large", "1,000,000"),
        ({"template": "é" * 900_000}, 413, "prompt.too_large", "1,048,576"),
        ({"template": "lone \ud800"}, 422, None, ""),
    ],
)  # fmt: skip
async def test_a_bad_body_is_refused_with_what_is_wrong(
    api: Api, body: dict[str, Any], status: int, code: str | None, says: str
) -> None:
    response = await api.push("p", body)
    problem = response.json()
    assert response.status_code == status, problem
    assert code in (None, problem["code"]), problem
    assert says in problem["detail"]
    assert len(problem["detail"]) < 2000
    assert (await api.client.get("/prompts/p")).status_code == 404


@pytest.mark.parametrize("name", ["a/b", "a b", "größe", "日本", "", ".x", "a" * 129, "a\x00", "../x"])
async def test_a_name_that_could_be_misread_is_refused(api: Api, name: str) -> None:
    response = await api.push(name, {"template": "x"})
    assert (response.status_code, response.json()["code"]) == (422, "name.invalid")


@pytest.mark.parametrize("name", ["a%2Fb", "a%20b", "gr%C3%B6%C3%9Fe", "%00", "%FF"])
async def test_asking_for_a_name_that_can_not_be_is_no_fault_of_ours(api: Api, name: str) -> None:
    for path in (f"/prompts/{name}", f"/prompts/{name}/versions", f"/prompts/{name}/labels/history"):
        assert (await api.client.get(path)).status_code in (404, 422)
    assert (await api.client.put(f"/prompts/{name}/labels/x", json={"version": 1})).status_code in (404, 422)


async def test_version_and_label_together_are_contradictory(api: Api) -> None:
    await api.pushed("p", "x")
    response = await api.client.get("/prompts/p", params={"version": 1, "label": "latest"})
    assert (response.status_code, response.json()["code"]) == (400, "artifact.version_and_label")
    assert (await api.run("p", version=1, label="latest")).status_code == 400


async def test_what_is_missing_is_answered_with_what_exists(api: Api) -> None:
    await api.push("greeting", {"template": "x"}, labels=["staging"])
    for params, says in (({"label": "production"}, "staging"), ({"version": 9}, "1 to 1")):
        response = await api.client.get("/prompts/greeting", params=params)
        assert response.status_code == 404
        assert says in response.json()["detail"]
    assert "greeting" in (await api.client.get("/prompts/greetin")).json()["detail"]
    assert (await api.client.get("/prompts/greeting", params={"namespace": "nowhere"})).status_code == 404
    bad = await api.client.put("/prompts/greeting/labels/latest", json={"version": 1})
    assert (bad.status_code, bad.json()["code"]) == (422, "label.invalid")


@pytest.mark.parametrize("params", [{"cursor": "nonsense"}, {"cursor": "WyJ4Il0"}])
async def test_a_cursor_of_another_list_is_refused(api: Api, params: dict[str, str]) -> None:
    await api.pushed("p", "x")
    for path in ("/prompts/p/versions", "/prompts/p/labels/history"):
        assert (await api.client.get(path, params=params)).json()["code"] == "paging.bad_cursor"


async def test_scopes_and_tenants_are_kept_apart(api: Api, keys: Keys, caller: Caller, database: Database) -> None:
    await api.push("p", {"template": "x"}, labels=["production"])
    keys.callers["reader"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"prompts:read"}))
    keys.callers["writer"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"prompts:write"}))
    keys.callers["other"] = await make_tenant(database)

    async def status(key: str | None, method: str, path: str, body: Any = None) -> int:
        headers = {"Authorization": f"Bearer {key}" if key else ""}
        return (await api.client.request(method, path, json=body, headers=headers)).status_code

    push = {"name": "p", "body": {"template": "y"}}
    assert await status(None, "GET", "/prompts/p") == 401
    assert await status("reader", "GET", "/prompts/p") == 200
    assert await status("reader", "POST", "/prompts", push) == 403
    assert await status("reader", "POST", "/prompts/p/run", {}) == 403
    assert await status("reader", "PUT", "/prompts/p/labels/production", {"version": 1}) == 403
    assert await status("writer", "POST", "/prompts", {**push, "labels": ["production"]}) == 403
    for method, path, body in (
        ("GET", "/prompts/p", None),
        ("GET", "/prompts/p/versions", None),
        ("GET", "/prompts/p/diff?from=1&to=1", None),
        ("GET", "/prompts/p/labels/history", None),
        ("PUT", "/prompts/p/labels/production", {"version": 1}),
        ("POST", "/prompts/p/render", {}),
        ("POST", "/prompts/p/run", {}),
    ):
        assert await status("other", method, path, body) == 404, path
    assert (await api.client.get("/prompts", headers={"Authorization": "Bearer other"})).json()["items"] == []
