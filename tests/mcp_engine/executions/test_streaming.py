"""A stream over a real socket, through the engine's own middleware and event stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import httpx
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from mcp_engine.access import Caller
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.dependencies import authorised
from mcp_engine.http.streaming import StreamEvent, event_stream
from mcp_engine.telemetry.middleware import RequestTelemetry
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tracing import span, tracer
from tests.mcp_engine.executions.conftest import bearer

START = StartExecution(namespace="default", kind="prompt_run", inputs={})


def add_stream(app: FastAPI, executions: ExecutionService) -> None:
    async def events(caller: Caller, pieces: int | None) -> AsyncGenerator[StreamEvent, None]:
        with span(tracer(__name__), "prompt_run endless"):
            async with await executions.start(caller, START) as running:
                yield StreamEvent(event="started", data={"id": str(running.id)})
                written = 0
                while written != pieces:
                    written += 1
                    running.first_token()
                    running.partial = Outcome(output="x" * written, output_tokens=written)
                    yield StreamEvent(event="delta", data={"text": "x"})
                    await asyncio.sleep(0.001)
                await running.finish(running.partial)

    @app.get("/stream")
    async def stream(
        caller: Annotated[Caller, authorised("prompts:run")], pieces: int | None = None
    ) -> StreamingResponse:
        return await event_stream(events(caller, pieces))

    app.add_middleware(RequestTelemetry)


async def test_a_client_that_goes_away_leaves_a_cancelled_execution_with_what_was_written(
    app: FastAPI, executions: ExecutionService, url: str, caller: Caller
) -> None:
    add_stream(app, executions)
    execution_id = None
    async with httpx.AsyncClient(base_url=url, headers=bearer("owner")) as client:
        async with client.stream("GET", "/stream") as answer:
            async for line in answer.aiter_lines():
                if '"id"' in line:
                    execution_id = UUID(line.split('"')[3])
                if '"text"' in line:
                    break
    assert execution_id is not None
    async with asyncio.timeout(30):
        while (found := await executions.get(caller, execution_id)).status == "running":
            await asyncio.sleep(0.01)
    assert found.status == "cancelled"
    assert found.output.value == "x" * (found.output_tokens or 0)
    assert found.latency_first_token_ms is not None


async def test_a_stream_that_ends_has_its_spans_under_the_request(
    app: FastAPI, executions: ExecutionService, store: SpanStore, url: str, caller: Caller
) -> None:
    add_stream(app, executions)
    async with httpx.AsyncClient(base_url=url, headers=bearer("owner")) as client:
        answer = await client.get("/stream", params={"pieces": 3})
    execution_id = UUID(answer.text.split('"')[3])
    assert answer.text.count("event: delta") == 3
    async with asyncio.timeout(30):
        # The server span ends after its last byte, which the client may see first.
        while len(spans := await executions.spans(caller, execution_id)) < 2:
            await store.flush()
            await asyncio.sleep(0.01)
    server, run = spans
    assert (server.name, run.name, run.parent_span_id) == ("GET /stream", "prompt_run endless", server.span_id)
    assert (await executions.get(caller, execution_id)).status == "succeeded"
