"""A prompt on the bundled model: real weights, real process, the same answer again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import ModelFailed
from mcp_engine.executions.schemas import ExecutionDetail, ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.service import ModelService
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.runs import RunDelta
from mcp_engine.prompts.schemas import PushPrompt, RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService
from mcp_engine.secrets import Secrets


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModelPool]:
    pool = ModelPool.from_settings(Settings(home=tmp_path_factory.mktemp("home"), model_processes=1, model_threads=1))
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prompts(
    database: Database, pool: ModelPool, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[PromptService, ExecutionService]]:
    models = ModelService(database, pool, Secrets.load(tmp_path_factory.mktemp("secrets")))
    executions = ExecutionService(database)
    yield PromptService(ArtifactService(database, KindRegistry([PromptKind()])), models, executions), executions
    await models.close()
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
    stored = await executions.get(caller, (await executions.list(caller, ExecutionFilter())).items[0].id)
    assert stored.status == "cancelled"
    await spent_on_what_came(service, caller, stored)


async def test_a_run_that_fails_on_the_way_tells_what_it_cost(
    prompts: tuple[PromptService, ExecutionService], pool: ModelPool, caller: Caller
) -> None:
    service, executions = prompts
    await push(service, caller, template="Count from one to a thousand.", parameters={"max_tokens": 512})
    with pytest.raises(ModelFailed) as caught:
        async for event in service.run(caller, "default", "p", RunPrompt()):
            if isinstance(event, RunDelta):
                [process] = pool.processes()
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
    stored = await executions.get(caller, UUID(caught.value.details["execution_id"]))
    assert (stored.status, stored.error_code) == ("failed", "model.process_died")
    await spent_on_what_came(service, caller, stored)


async def spent_on_what_came(service: PromptService, caller: Caller, stored: ExecutionDetail) -> None:
    """Assert that the model, told to write as many tokens as were recorded, writes the text that was kept."""
    again = await completed(service, caller, parameters={"max_tokens": stored.output_tokens})
    assert again.output == stored.output.value != ""
    assert (again.usage.input_tokens, again.usage.output_tokens) == (stored.input_tokens, stored.output_tokens)
    assert stored.cost_usd == 0
