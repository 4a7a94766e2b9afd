"""MLflow's real prompt registry, on SQLite: there and back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.exchange.mlflow_prompts import MlflowVersion
from mcp_engine.exchange.mlflow_registry import MlflowRegistry
from mcp_engine.prompts.schemas import PushPrompt
from tests.commands import Commands
from tests.mcp_engine.exchange.conftest import COPY, Engine, outcomes, whys


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables, which take seconds to make."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    assert MlflowRegistry(f"sqlite:///{path}").names() == []
    return path


@pytest.fixture
def registry(empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowRegistry]:
    path = tmp_path / "mlflow.db"
    path.write_bytes(empty_registry.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    yield MlflowRegistry(f"sqlite:///{path}")
    logging.getLogger("mlflow").setLevel(logging.WARNING)


def add(registry: MlflowRegistry, name: str, template: Any, message: str = "", **more: Any) -> int:
    if not registry.exists(name):
        registry.create(name)
    given = {"tags": {}, "response_format": None, "model_config": None, **more}
    return registry.add(name, MlflowVersion(template, message, **given))


async def body(engine: Engine, name: str, number: int, namespace: str = "default") -> dict[str, Any]:
    found = await engine.prompts.get(engine.caller, namespace, name, version=number)
    return found.body.model_dump(mode="json", exclude_unset=True)


async def test_versions_aliases_tags_and_configuration_come_over(
    run: Commands, engine: Engine, registry: MlflowRegistry
) -> None:
    add(registry, "greet", "Hi {{ name }} {% x", "first", tags={"author": "Bob", "task": "true"})
    config = {"provider": "openai", "model_name": "gpt-4o", "temperature": 0.5, "stop_sequences": ["x"], "top_k": 3}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    chat = [{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{ q }}"}]
    add(registry, "greet", chat, "second", model_config=config, response_format=schema)
    add(registry, "greet", "{% if name %}Hi {{ name }}{% endif %}\n", "third")
    registry.point("greet", "production", 1)
    registry.point("greet", "Champion", 2)
    report = await run.json("import", "mlflow")
    assert report["counts"] == {"made": 3, "moved": 2, "changed": 1, "left_out": 1}
    assert whys(report, "left_out") == {"greet/2": "Of its configuration: top_k."}
    assert await engine.labels("greet") == {"production": 1, "champion": 2}
    first = await body(engine, "greet", 1)
    assert first["template"] == 'Hi {{ name }} {{ "{" }}% x'
    assert first["tags"] == ["author.Bob", "task"]
    second = await body(engine, "greet", 2)
    assert second["messages"][0] == {"role": "system", "content": "Be {{ tone }}."}
    assert second["output_schema"] == schema
    assert (second["model"], second["parameters"]) == ("openai/gpt-4o", {"temperature": 0.5, "stop": ["x"]})
    assert (await body(engine, "greet", 3))["template"] == "{% if name %}Hi {{ name }}{% endif %}"
    assert set(outcomes(await run.json("import", "mlflow")).values()) <= {"there_already", "changed", "left_out"}


async def test_what_we_export_comes_back_the_same(run: Commands, engine: Engine, registry: MlflowRegistry) -> None:
    await engine.push("greet", 'Hi {{ name }}, {{ "{{" }}\n', "production", model="openai/gpt-4o", tags=["a"])
    await engine.push("greet", "{% for x in xs %}{{ x.y }}\n{% endfor %}\n", description="Loops.")
    await engine.push("greet", "{{ x | upper }}", parameters={"seed": 3, "max_tokens": 5, "stop": ["."]})
    chat = {
        "messages": [{"role": "system", "content": "a\n"}, {"role": "user", "content": "{{ q.a }}"}],
        "type": "chat",
        "output_schema": {"type": "object"},
        "tools": [{"name": "look", "input_schema": {"type": "object"}}],
    }
    new = PushPrompt.model_validate({"name": "judge", "body": chat, "message": "m", "labels": ["staging"]})
    await engine.prompts.push(engine.caller, "default", new)
    planned = await run.json("export", "mlflow", "--dry-run")
    assert registry.names() == []
    report = await run.json("export", "mlflow")
    assert report["items"] == planned["items"]
    assert report["counts"] == {"made": 4, "moved": 2}
    assert outcomes(await run.json("export", "mlflow"))["prompt greet/2"] == "there_already"
    assert sorted(registry.versions("greet")[0]) == [1, 2, 3]
    await run.json("import", "mlflow", "-n", COPY)
    for name in ("greet", "judge"):
        assert await engine.digests(name, COPY) == await engine.digests(name)
        assert await engine.labels(name, COPY) == await engine.labels(name)


async def test_mlflow_renders_what_we_render(run: Commands, engine: Engine, registry: MlflowRegistry) -> None:
    templates = [
        "{{ x }} {{ '{%' }}",
        "{{ x | upper }}\n",
        "{% if x %}y\n{% endif %}\n\n",
        "{% frozen %}{{ x }}{% endfrozen %}",
    ]
    for template in templates:
        await engine.push("greet", template)
    await run.json("export", "mlflow")
    for number in range(1, len(templates) + 1):
        rendered = await engine.prompts.render(engine.caller, "default", "greet", wanted(number))
        there = registry._client.get_prompt_version("greet", number).format(x="<v>")
        assert there == rendered.messages[0].content


def wanted(number: int) -> Any:
    from mcp_engine.prompts.schemas import RenderPrompt

    return RenderPrompt(version=number, variables={"x": "<v>"})


async def test_what_can_not_come_over_is_named_and_stops_the_import(
    run: Commands, engine: Engine, registry: MlflowRegistry
) -> None:
    add(registry, "fine", "{{ a-b }} {{ x | y }}", model_config={"model_name": "gpt-4o", "temperature": 9})
    add(registry, "jinja", "{% if a %}\n{% set b = 1 %}{% endif %}")
    add(registry, "roles", [{"role": "tool", "content": "x"}])
    result = await run("import", "mlflow", "--json")
    assert isinstance(result.exception, CommandFailed)
    faults = whys(json.loads(result.stdout), "fault")
    assert "'tool'" in faults["roles/1"]
    assert "`set` is not part of the template language" in faults["jinja/1"]
    assert "line 2, column" in faults["jinja/1"]
    report = await run.json("import", "mlflow", "--skip-faulty")
    assert report["counts"]["made"] == 1
    told = [item["why"] for item in report["items"] if item["what"] == "fine/1"]
    assert len(told) == 4
    for expected in ("'a_b'", "{{ x | y }}", "temperature", "--provider"):
        assert any(expected in why for why in told), expected


async def test_what_mlflow_has_no_word_for_stops_the_export(
    run: Commands, engine: Engine, registry: MlflowRegistry
) -> None:
    await engine.push("tone", "Be kind.", "v1")
    await engine.push("letter", '{% include "tone/1" %}')
    result = await run("export", "mlflow")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.REFUSED
    assert "It includes tone/1" in result.stdout
    assert registry.names() == []
    report = await run.json("export", "mlflow", "--skip-faulty")
    assert registry.names() == ["tone"]
    assert whys(report, "left_out")["tone@v1"].startswith("MLflow keeps aliases")


async def test_gaps_are_said_and_labels_follow(run: Commands, engine: Engine, registry: MlflowRegistry) -> None:
    for number in range(1, 4):
        add(registry, "greet", f"Hi {number}")
    registry._client.delete_prompt_version("greet", "2")
    registry.point("greet", "live", 3)
    report = await run.json("import", "mlflow")
    assert whys(report, "changed") == {"greet/3": "It is version 2 here."}
    assert await engine.labels("greet") == {"live": 2}


async def test_a_registry_that_is_not_there_is_said(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    nowhere = await run("import", "mlflow")
    assert isinstance(nowhere.exception, CommandFailed)
    assert "MLFLOW_TRACKING_URI" in nowhere.exception.message
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    closed = await run("import", "mlflow", "--tracking-uri", "http://127.0.0.1:9")
    assert isinstance(closed.exception, CommandFailed)
    assert closed.exception.exit_code == ExitCode.UNAVAILABLE
