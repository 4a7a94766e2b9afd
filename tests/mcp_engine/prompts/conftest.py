"""Prompts over REST with real registry and executions; the model is scripted behind the real port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from mcp_engine.access import Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.problems import install_handlers
from mcp_engine.models.port import ModelIdentity, ServedModel
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.routes import router
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.store import SpanStore
from tests.keys import Keys


@dataclass
class Script:
    """What the model says next, and what it was asked."""

    pieces: list[str] = field(default_factory=lambda: ["Hello", " ", "Ada"])
    finish_reason: str = "stop"
    error: Exception | None = None
    hold: asyncio.Event | None = None
    """Waited for after the first piece."""
    closed: bool = False
    messages: list[BaseMessage] = field(default_factory=list)
    arguments: dict[str, Any] = field(default_factory=dict)


class ScriptedChat(BaseChatModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    script: Script

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        script = self.script
        script.messages, script.arguments = messages, {**kwargs, "stop": stop}
        try:
            for index, piece in enumerate(script.pieces):
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if index == 0 and script.hold is not None:
                    await script.hold.wait()
            if script.error is not None:
                raise script.error
            usage = UsageMetadata(
                input_tokens=7, output_tokens=3, total_tokens=10, input_token_details=InputTokenDetails(cache_read=2)
            )
            end = AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata={"finish_reason": script.finish_reason, "model_name": "scripted-1"},
            )
            yield ChatGenerationChunk(message=end)
        finally:
            script.closed = True


@dataclass
class Models:
    script: Script

    async def resolve(self, caller: Caller, name: str | None) -> ServedModel:
        if name not in (None, "local", "other/scripted-1"):
            raise NotFound("model.unknown", f"No model is named {name!r}; there are: local, other/scripted-1.")
        identity = ModelIdentity("other" if name == "other/scripted-1" else "local", "scripted-1", "w" * 64, "s" * 64)
        return ServedModel(name or "local", ScriptedChat(script=self.script), identity)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@pytest_asyncio.fixture(loop_scope="session")
async def executions(database: Database) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(database)
    yield service
    await service.close()


@pytest_asyncio.fixture(loop_scope="session")
async def spans(database: Database) -> AsyncIterator[SpanStore]:
    store = SpanStore(database)
    tracing.configure(Settings(), store)
    yield store
    await store.close()
    tracing.close()


@pytest.fixture
def prompts(database: Database, script: Script, executions: ExecutionService) -> PromptService:
    return PromptService(ArtifactService(database, KindRegistry([PromptKind()])), Models(script), executions)


@pytest.fixture
def app(prompts: PromptService, keys: Keys) -> FastAPI:
    app = FastAPI()
    services = Services()
    services.add(prompts)
    services.add(keys, provides=Authenticator)
    app.state.services = services
    app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    return app


class Api:
    """The routes of prompts, as one caller."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def push(self, name: str, body: Mapping[str, Any], **more: Any) -> httpx.Response:
        # Escaped, so that a lone surrogate gets as far as the server.
        content = json.dumps({"name": name, "body": body, **more})
        return await self.client.post("/prompts", content=content, headers={"Content-Type": "application/json"})

    async def pushed(self, name: str, template: str, **body: Any) -> dict[str, Any]:
        """Push a text prompt; return the version."""
        response = await self.push(name, {"template": template, **body})
        assert response.status_code in (200, 201), response.text
        return response.json()

    async def run(self, name: str, **request: Any) -> httpx.Response:
        return await self.client.post(f"/prompts/{name}/run", json=request)


@pytest_asyncio.fixture(loop_scope="session")
async def api(app: FastAPI) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://engine/api/v1",
        headers={"Authorization": "Bearer owner"},
    ) as client:
        yield Api(client)
