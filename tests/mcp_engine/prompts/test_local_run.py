"""A prompt on the bundled model: real weights, real process, the same answer again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.service import ModelService
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.schemas import PushPrompt, RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService
from mcp_engine.secrets import Secrets


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prompts(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[PromptService, ExecutionService]]:
    home: Path = tmp_path_factory.mktemp("home")
    pool = ModelPool.from_settings(Settings(home=home, model_processes=1, model_threads=1))
    models = ModelService(database, pool, Secrets.load(home / "secrets"))
    executions = ExecutionService(database)
    yield PromptService(ArtifactService(database, KindRegistry([PromptKind()])), models, executions), executions
    await models.close()
    await pool.close()
    await executions.close()


async def completed(prompts: PromptService, caller: Caller, **request: object) -> RunCompleted:
    async with aclosing(prompts.run(caller, "default", "p", RunPrompt.model_validate(request))) as events:
        found = [event async for event in events]
    assert isinstance(found[-1], RunCompleted)
    assert "".join(event.text for event in found[:-1] if not isinstance(event, RunCompleted)) == found[-1].output
    return found[-1]


async def push(prompts: PromptService, caller: Caller, **body: object) -> None:
    await prompts.push(caller, "default", PushPrompt.model_validate({"name": "p", "body": body}))


async def test_a_prompt_gives_the_same_answer_again(
    prompts: tuple[PromptService, ExecutionService], caller: Caller
) -> None:
    service, executions = prompts
    await push(service, caller, template="Name a {{ thing }}.", parameters={"max_tokens": 8, "seed": 7})
    first = await completed(service, caller, variables={"thing": "colour"})
    again = await completed(service, caller, variables={"thing": "colour"})
    assert first.output == again.output != ""
    assert first.usage.output_tokens
    stored = await executions.get(caller, first.execution_id)
    assert stored.status == "succeeded"
    assert stored.model is not None
    assert len(stored.model.weights_digest or "") == len(stored.model.source_digest or "") == 64


async def test_output_follows_its_schema(prompts: tuple[PromptService, ExecutionService], caller: Caller) -> None:
    service, _ = prompts
    schema = {
        "type": "object",
        "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    await push(
        service, caller, template="What colour is the sky? JSON:", output_schema=schema, parameters={"max_tokens": 32}
    )
    assert (await completed(service, caller)).value["colour"] in {"red", "blue"}


async def test_a_reader_who_goes_away_cancels_the_run(
    prompts: tuple[PromptService, ExecutionService], caller: Caller
) -> None:
    service, executions = prompts
    await push(service, caller, template="Count from one to a thousand.", parameters={"max_tokens": 512})
    async with aclosing(service.run(caller, "default", "p", RunPrompt())) as events:
        await anext(events)
    async with asyncio.timeout(30):
        while (await executions.list(caller, ExecutionFilter())).items[0].status == "running":
            await asyncio.sleep(0.02)
    assert (await executions.list(caller, ExecutionFilter())).items[0].status == "cancelled"
