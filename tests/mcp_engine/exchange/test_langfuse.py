"""Langfuse's prompts, over its protocol and from files: there and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.errors import EngineError, InvalidInput, NotAllowed, TryLater
from mcp_engine.exchange.langfuse import checked_payloads, to_parcel
from mcp_engine.exchange.langfuse_api import LangfuseApi
from mcp_engine.exchange.planning import make_plan, prepare
from mcp_engine.prompts.schemas import PushPrompt
from tests.commands import Commands, listening
from tests.mcp_engine.exchange.conftest import COPY, Engine, outcomes, whys
from tests.mcp_engine.exchange.langfuse_server import PUBLIC, SECRET, Langfuse, langfuse_app


@pytest.fixture
def project() -> Langfuse:
    return Langfuse()


@pytest_asyncio.fixture(loop_scope="session")
async def host(project: Langfuse, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with listening(langfuse_app(project)) as url:
        monkeypatch.setenv("LANGFUSE_HOST", url)
        yield url


async def body(engine: Engine, name: str, number: int, namespace: str = "default") -> dict[str, Any]:
    found = await engine.prompts.get(engine.caller, namespace, name, version=number)
    return found.body.model_dump(mode="json", exclude_unset=True)


async def test_versions_labels_tags_configuration_and_includes_come_over(
    run: Commands, engine: Engine, project: Langfuse, host: str
) -> None:
    config = {"model": "gpt-4o", "temperature": 0.2, "max_tokens": 9, "stop": "x", "custom": 1}
    project.add("team/tone", "Be {{mood}} {% now %}.", "production", tags=["a b"])
    project.add("team/tone", "Be {{ user name }}!", "staging", config=config, commitMessage="second")
    project.add("answer", "@@@langfusePrompt:name=team/tone|label=production@@@ {{q}}", "production")
    project.add("answer", "@@@langfusePrompt:name=team/tone|version=2@@@ {{q}}")
    chat = [
        {"role": "developer", "content": "Be short."},
        {"type": "placeholder", "name": "history"},
        {"type": "chatmessage", "role": "user", "content": "{{q}}"},
    ]
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    project.add("chat", chat, config={"tools": [tool], "response_format": {"type": "object"}})
    report = await run.json("import", "langfuse", "--provider", "openai")
    assert report["counts"]["made"] == 5
    assert {name: await engine.labels(name) for name in ("team.tone", "answer", "chat")} == {
        "team.tone": {"production": 1, "staging": 2}, "answer": {"production": 1}, "chat": {},
    }  # fmt: skip
    assert (await body(engine, "team.tone", 1))["template"] == 'Be {{ mood }} {{ "{" }}% now %}.'
    second = await body(engine, "team.tone", 2)
    assert second["template"] == "Be {{ user_name }}!"
    assert second["model"] == "openai/gpt-4o"
    assert second["parameters"] == {"temperature": 0.2, "max_tokens": 9, "stop": ["x"]}
    assert (await body(engine, "answer", 1))["template"] == '{% include "team.tone@production" %} {{ q }}'
    assert (await body(engine, "answer", 2))["template"] == '{% include "team.tone/2" %} {{ q }}'
    third = await body(engine, "chat", 1)
    assert [one["role"] for one in third["messages"]] == ["system", "user", "user"]
    assert third["messages"][1]["content"] == "{{ history }}"
    assert (third["tools"][0]["name"], third["output_schema"]) == ("look", {"type": "object"})
    told = {item["what"]: item["why"] for item in report["items"] if item["outcome"] in {"changed", "left_out"}}
    assert told["team/tone"] == "It is called 'team.tone' here."
    assert any("custom" in item["why"] for item in report["items"])
    assert set(outcomes(await run.json("import", "langfuse", "--provider", "openai")).values()) <= {
        "there_already", "changed", "left_out",
    }  # fmt: skip


async def test_gaps_are_closed_and_includes_follow(run: Commands, engine: Engine, project: Langfuse, host: str) -> None:
    for number in range(1, 4):
        project.add("tone", f"Be {number}.")
    del project.prompts["tone"][2]
    project.add("answer", "@@@langfusePrompt:name=tone|version=3@@@", "live")
    report = await run.json("import", "langfuse")
    assert whys(report, "changed") == {"tone/2": "It is version 3 in Langfuse, which has gaps."}
    assert (await body(engine, "answer", 1))["template"] == '{% include "tone/2" %}'


async def test_what_we_export_comes_back_the_same(run: Commands, engine: Engine, project: Langfuse, host: str) -> None:
    await engine.push("tone", "Be kind, {{ name }}. {% raw %}{% x %}{% endraw %}", tags=["a"])
    await engine.push("tone", "Be firm.", "production", description="Firm.", model="local", tags=["b"])
    await engine.push("answer", '{% include "tone@production" %} {% include "tone/1" %} {{ q }}', "live")
    chat = {
        "type": "chat",
        "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "{{ q }}"}],
        "variables": {"type": "object", "properties": {"q": {"type": "string", "maxLength": 9}}, "required": ["q"]},
        "parameters": {"seed": 3, "stop": ["."]},
    }
    new = PushPrompt.model_validate({"name": "judge", "body": chat, "message": "m", "labels": ["live"]})
    await engine.prompts.push(engine.caller, "default", new)
    planned = await run.json("export", "langfuse", "--dry-run")
    assert project.prompts == {}
    sent = await run.json("export", "langfuse")
    assert sent["items"] == planned["items"]
    assert project.prompts["answer"][1]["prompt"].startswith("@@@langfusePrompt:name=tone|label=production@@@ ")
    assert project.prompts["tone"][2]["labels"] == ["latest", "production"]
    again = await run.json("export", "langfuse")
    assert set(outcomes(again).values()) == {"there_already"}
    await run.json("import", "langfuse", "-n", COPY)
    for name in ("answer", "judge"):
        assert await engine.digests(name, COPY) == await engine.digests(name)
    assert (await body(engine, "tone", 2, COPY)) == await body(engine, "tone", 2)
    assert (await body(engine, "tone", 1, COPY))["tags"] == ["a"]
    assert await engine.labels("tone", COPY) == {"production": 2}


async def test_a_file_holds_what_the_api_takes(run: Commands, engine: Engine, project: Langfuse, host: str) -> None:
    await engine.push("a-letter", "{{ x }} plain")
    await engine.push("tone", "Be kind.", "production")
    await engine.push("a-letter", '{% include "tone@production" %}', "live")
    report = await run.json("export", "langfuse", "-o", "prompts.json")
    assert outcomes(report)["prompts.json"] == "made"
    payloads = json.loads(Path("prompts.json").read_text())
    async with httpx.AsyncClient(base_url=host, auth=(PUBLIC, SECRET), trust_env=False) as client:
        for payload in payloads:
            assert (await client.post("/api/public/v2/prompts", json=payload)).status_code == 201
    assert project.prompts["a-letter"][2]["labels"] == ["live", "latest"]
    await run.json("import", "langfuse", "prompts.json", "-n", COPY)
    for name in ("a-letter", "tone"):
        assert await engine.digests(name, COPY) == await engine.digests(name)
        assert await engine.labels(name, COPY) == await engine.labels(name)


async def test_what_langfuse_has_no_word_for_stops_the_export(
    run: Commands, engine: Engine, project: Langfuse, host: str
) -> None:
    await engine.push("loops", "a\n{% for x in xs %}{{ x }}{% endfor %}")
    await engine.push("plain", "{% frozen %}Hi{% endfrozen %} {{ name }}")
    result = await run("export", "langfuse", "--json")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.REFUSED
    assert "Line 2 of its template holds `for x in xs`" in whys(json.loads(result.stdout), "fault")["loops/1"]
    assert project.prompts == {}
    assert whys(await run.json("export", "langfuse", "--skip-faulty"), "changed").keys() == {"plain/1"}
    assert list(project.prompts) == ["plain"]


async def test_a_server_that_fails_midway_leaves_a_list_and_a_second_run_goes_on(
    run: Commands, engine: Engine, project: Langfuse, host: str
) -> None:
    for number in range(3):
        await engine.push("greet", f"Hi {number}")
    project.broken = 3
    result = await run("export", "langfuse")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.UNAVAILABLE
    assert "2 made" in result.stdout
    assert (await run.json("export", "langfuse"))["counts"] == {"there_already": 2, "made": 1}
    assert sorted(project.prompts["greet"]) == [1, 2, 3]


async def test_a_server_that_writes_includes_out_is_told(
    run: Commands, engine: Engine, project: Langfuse, host: str
) -> None:
    project.knows_resolve = False
    project.add("tone", "Be kind.", "production")
    project.add("answer", "@@@langfusePrompt:name=tone|label=production@@@ {{q}}")
    report = await run.json("import", "langfuse")
    assert "wrote its includes out" in whys(report, "changed")["answer/1"]
    assert (await body(engine, "answer", 1))["template"] == "Be kind. {{ q }}"


async def test_keys_are_needed_and_never_shown(
    run: Commands, project: Langfuse, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-wrong-one")
    refused = await run("import", "langfuse")
    assert isinstance(refused.exception, CommandFailed)
    assert refused.exception.exit_code == ExitCode.NOT_ALLOWED
    for word in (PUBLIC, SECRET, "sk-wrong-one"):
        assert word not in refused.exception.message + refused.output
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")
    missing = await run("import", "langfuse")
    assert isinstance(missing.exception, CommandFailed)
    assert "LANGFUSE_SECRET_KEY" in missing.exception.message
    monkeypatch.delenv("LANGFUSE_HOST")
    nowhere = await run("export", "langfuse")
    assert isinstance(nowhere.exception, CommandFailed)
    assert "--host" in nowhere.exception.message


async def test_one_prompt_is_enough_and_must_exist(run: Commands, engine: Engine, project: Langfuse, host: str) -> None:
    project.add("tone", "Be kind.")
    project.add("other", "x")
    assert outcomes(await run.json("import", "langfuse", "--prompt", "tone")) == {"prompt tone/1": "made"}
    assert "GET /api/public/v2/prompts/other" not in project.calls
    missing = await run("import", "langfuse", "--prompt", "nobody")
    assert isinstance(missing.exception, CommandFailed)
    assert "'nobody'" in missing.exception.message
    closed = await run("import", "langfuse", "--host", "http://127.0.0.1:9")
    assert isinstance(closed.exception, CommandFailed)
    assert closed.exception.exit_code == ExitCode.UNAVAILABLE


async def test_the_server_is_given_the_time_it_asks_for(project: Langfuse, host: str) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    project.limited = [{"Retry-After": "7"}, {"Retry-After": later}, {"Retry-After": "9999"}, {}]
    project.add("tone", "x")
    slept: list[float] = []
    with LangfuseApi(host, PUBLIC, SECRET, sleep=slept.append) as api:
        assert await asyncio.to_thread(api.names) == {"tone": [1]}
        assert (slept[0], slept[1], slept[3]) == (1.0, 120.0, 7.0)
        assert 0 < slept[2] <= 100
        project.limited = [{"Retry-After": "0"}] * 20
        with pytest.raises(TryLater, match="429"):
            await asyncio.to_thread(api.names)
    project.limited = []
    with LangfuseApi(host, PUBLIC, "x") as other, pytest.raises(NotAllowed):
        await asyncio.to_thread(other.names)


@pytest.mark.parametrize(
    ("status", "content", "error", "says"),
    [
        (400, '{"message": "Label is protected"}', "exchange.langfuse_refused", "Label is protected"),
        (404, "nothing here", "exchange.langfuse_not_found", "nothing here"),
        (500, "{}", "exchange.langfuse_unavailable", "fails (500)"),
        (200, "<html>", "exchange.langfuse_invalid", "no JSON"),
        (200, "[]", "exchange.langfuse_invalid", "another form"),
        (200, '{"data": [{"name": 1}], "meta": {"totalPages": 1}}', "exchange.langfuse_invalid", "another form"),
    ],
)
async def test_answers_of_another_kind_are_told_apart(
    status: int, content: str, error: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer(path: str) -> PlainTextResponse:
        return PlainTextResponse(content, status)

    async with listening(app) as url:
        with LangfuseApi(url, PUBLIC, SECRET) as api, pytest.raises(EngineError) as raised:
            await asyncio.to_thread(api.names)
        assert raised.value.code == error
        assert says in raised.value.message
        if content == "[]":
            with LangfuseApi(url, PUBLIC, SECRET) as api, pytest.raises(InvalidInput, match="names no version"):
                await asyncio.to_thread(api.create, {})


async def test_every_page_of_the_list_is_read(project: Langfuse, host: str) -> None:
    for number in range(7):
        project.add(f"p{number}/x", "x")
    with LangfuseApi(host, PUBLIC, SECRET) as api:
        assert len(await asyncio.to_thread(api.names)) == 7
        assert (await asyncio.to_thread(api.versions, "p3/x"))[0]["version"] == 1
        assert await asyncio.to_thread(api.versions, "nobody") == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (3, "holds no prompts"),
        ([{"name": "x"}], "prompt 1 is no version of a prompt: prompt: Field required"),
        ({"data": [{"name": "x", "versions": [1]}]}, "line of the list of prompts"),
        ([{"name": "x", "prompt": "a", "version": "1"}], "version: Input should be a valid integer"),
    ],
)
def test_a_file_of_something_else_is_refused(value: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        checked_payloads(value, "f.json")


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5) | st.sampled_from(["user", "placeholder"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "name", "model", "tools"]), inner, max_size=4)
    ),
    max_leaves=10,
)
OPTIONAL = ["version", "labels", "tags", "config", "commitMessage", "type", "resolutionGraph"]
ANSWERS = st.fixed_dictionaries({"name": st.text(max_size=4), "prompt": PARTS}, optional=dict.fromkeys(OPTIONAL, PARTS))


@given(st.lists(ANSWERS, max_size=3) | PARTS)
def test_any_file_is_read_or_refused(value: Any) -> None:
    try:
        parcel = to_parcel(checked_payloads(value, "f.json"), provider=None)
    except InvalidInput:
        return  # said with its place, see above
    assert make_plan(prepare(parcel.prompts), {}, skip_faulty=True).faults == []


def test_what_can_not_come_over_is_a_fault() -> None:
    found = checked_payloads(
        [
            {"name": "a", "prompt": [{"role": "tool", "content": "x"}]},
            {"name": "b", "prompt": [{"role": "user", "content": [{"type": "text"}]}]},
            {"name": "c/d", "prompt": "@@@langfusePrompt:name=x|label=7@@@", "config": [1]},
            {"name": "c.d", "prompt": "x"},
        ],
        "f.json",
    )
    parcel = to_parcel(found, provider=None)
    faults = {remark.subject for remark in parcel.remarks if remark.outcome == "fault"}
    assert faults == {"a/1", "b/1", "c/d"}
