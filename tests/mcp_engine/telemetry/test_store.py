"""Spans reach the database with their tenant and parent, or are counted as lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from opentelemetry.trace import SpanKind

from mcp_engine.access import Caller
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import ModelFailed
from mcp_engine.telemetry import gen_ai, tracing
from mcp_engine.telemetry.context import bind_tenant, current_tenant
from mcp_engine.telemetry.metrics import REGISTRY
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tracing import current_trace_id, span, tracer
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.telemetry.conftest import stored_spans

TRACER = tracer(__name__)


def dropped(reason: str) -> float:
    return REGISTRY.get_sample_value("mcp_engine_spans_dropped_total", {"reason": reason}) or 0.0


async def test_spans_are_stored_with_parent_tenant_and_conventions(
    store: SpanStore, database: Database, caller: Caller
) -> None:
    name, attributes = gen_ai.chat_span("llama.cpp", "smollm2", {"temperature": 0.5, "seed": 3, "stop": ["x"]})
    with bind_tenant(caller.tenant_id), span(TRACER, "prompt_run greeting"):
        trace_id = current_trace_id()
        with span(TRACER, name, kind=SpanKind.CLIENT, attributes=attributes) as chat:
            gen_ai.record_response(chat, finish_reasons=["stop"], input_tokens=9, output_tokens=2)
            chat.add_event("first token")
    await store.flush()
    outer, inner = await stored_spans(database, caller, trace_id)
    assert (outer.name, outer.parent_span_id, outer.kind, outer.status) == (
        "prompt_run greeting", None, "internal", "unset",
    )  # fmt: skip
    assert (inner.name, inner.parent_span_id, inner.kind) == ("chat smollm2", outer.span_id, "client")
    assert inner.attributes == {
        "mcp_engine.tenant.id": str(caller.tenant_id),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "llama.cpp",
        "gen_ai.request.model": "smollm2",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": 3,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
    }
    assert [event["name"] for event in inner.events] == ["first token"]
    assert 0 <= inner.duration_ms <= outer.duration_ms
    assert abs(datetime.now(UTC) - inner.started_at) < timedelta(minutes=5)


async def test_a_tenant_never_sees_anothers_spans(store: SpanStore, database: Database, caller: Caller) -> None:
    other = await make_tenant(database)
    with bind_tenant(caller.tenant_id), span(TRACER, "mine"):
        trace_id = current_trace_id()
        with bind_tenant(other.tenant_id), span(TRACER, "theirs"):
            pass
    await store.flush()
    assert [row.name for row in await stored_spans(database, caller, trace_id)] == ["mine"]
    assert [row.name for row in await stored_spans(database, other, trace_id)] == ["theirs"]


async def test_a_span_without_a_tenant_is_not_stored(store: SpanStore, owner_url: str) -> None:
    with span(TRACER, "nobody's"):
        trace_id = current_trace_id()
    await store.flush()
    with psycopg.connect(plain_url(owner_url)) as owner:
        assert owner.execute("SELECT count(*) FROM span WHERE trace_id = %s", [trace_id]).fetchone() == (0,)


async def test_an_error_leaves_its_code_and_not_its_message(
    store: SpanStore, database: Database, caller: Caller
) -> None:
    with bind_tenant(caller.tenant_id), span(TRACER, "run"):
        trace_id = current_trace_id()
        with pytest.raises(ModelFailed), span(TRACER, "chat m"):
            raise ModelFailed("model.crashed", "the customer's words")
        with pytest.raises(ValueError, match="words"), span(TRACER, "tool"):
            raise ValueError("the customer's words")
        with pytest.raises(asyncio.CancelledError), span(TRACER, "stopped"):
            raise asyncio.CancelledError
    await store.flush()
    rows = {row.name: row for row in await stored_spans(database, caller, trace_id)}
    assert (rows["chat m"].status, rows["chat m"].attributes["error.type"]) == ("error", "model.crashed")
    assert (rows["tool"].status, rows["tool"].attributes["error.type"]) == ("error", "ValueError")
    assert (rows["stopped"].status, rows["run"].status) == ("unset", "unset")
    assert "words" not in str([(row.attributes, row.events) for row in rows.values()])


async def test_odd_attributes_are_stored_as_text_without_secrets(
    store: SpanStore, database: Database, caller: Caller
) -> None:
    attributes = {"nul": "a\x00b", "nan": float("nan"), "key": "mce_abcdef", "many": ["x", "y"], "flag": True}
    with bind_tenant(caller.tenant_id), span(TRACER, "odd\x00 mce_abcdef", attributes=attributes):
        trace_id = current_trace_id()
    await store.flush()
    [row] = await stored_spans(database, caller, trace_id)
    row.attributes.pop("mcp_engine.tenant.id")
    assert row.name == "odd [redacted]"
    assert row.attributes == {"nul": "ab", "nan": "nan", "key": "[redacted]", "many": ["x", "y"], "flag": True}


async def test_a_full_queue_drops_and_counts_and_never_blocks(database: Database, caller: Caller) -> None:
    small = SpanStore(database, capacity=3)
    tracing.configure(Settings(), small)
    before = dropped("queue_full")
    with bind_tenant(caller.tenant_id), span(TRACER, "outer"):
        trace_id = current_trace_id()
        for number in range(5):
            with span(TRACER, f"inner {number}"):
                pass
    tracing.close()
    assert dropped("queue_full") - before == 3
    await small.close()
    assert [row.name for row in await stored_spans(database, caller, trace_id)] == ["inner 0", "inner 1", "inner 2"]


async def test_a_batch_the_database_refuses_is_counted_and_the_others_are_kept(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    caller, refused = await make_tenant(fresh_database), uuid4()
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as owner:
        owner.execute(f"ALTER TABLE span ADD CHECK (tenant_id <> '{refused}')".encode())
    store = SpanStore(fresh_database)
    tracing.configure(Settings(), store)
    before = dropped("write_failed")
    with bind_tenant(caller.tenant_id), span(TRACER, "kept"):
        trace_id = current_trace_id()
        with bind_tenant(refused), span(TRACER, "refused"):
            pass
    tracing.close()
    await store.close()
    assert dropped("write_failed") - before == 1
    assert [row.name for row in await stored_spans(fresh_database, caller, trace_id)] == ["kept"]


async def test_a_full_batch_is_written_without_waiting_for_the_interval(database: Database, caller: Caller) -> None:
    store = SpanStore(database, batch_size=2, interval_seconds=3600)
    tracing.configure(Settings(), store)
    store.start()
    with bind_tenant(caller.tenant_id), span(TRACER, "outer"):
        trace_id = current_trace_id()
        thread = Thread(target=_two_spans, args=(caller,))
        thread.start()
        thread.join()
    async with asyncio.timeout(30):
        while not await stored_spans(database, caller, trace_id):
            await asyncio.sleep(0.01)
    await store.close()
    tracing.close()


def _two_spans(caller: Caller) -> None:
    for name in ("one", "two"):
        with bind_tenant(caller.tenant_id), span(TRACER, name):
            pass


async def test_a_block_may_begin_in_one_task_and_end_in_another(
    store: SpanStore, database: Database, caller: Caller
) -> None:
    seen: list[object] = []

    async def stream() -> AsyncIterator[str]:
        with bind_tenant(caller.tenant_id), span(TRACER, "stream"):
            seen.append(current_trace_id())
            yield "first"
            seen.append(current_tenant())
            with span(TRACER, "later"):
                yield "second"

    pieces = stream()
    assert await asyncio.create_task(anext(pieces)) == "first"  # type: ignore[arg-type]

    async def rest() -> list[str]:
        return [piece async for piece in pieces]

    assert await asyncio.create_task(rest()) == ["second"]
    assert current_tenant() is None
    await store.flush()
    names = [row.name for row in await stored_spans(database, caller, str(seen[0]))]
    assert "stream" in names


async def test_no_endpoint_means_no_exporter_and_an_endpoint_gets_the_spans(store: SpanStore, caller: Caller) -> None:
    received: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        received.extend([head, await reader.readexactly(length)])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tracing.configure(Settings(otlp_endpoint=f"http://127.0.0.1:{port}/v1/traces"), store)
    with span(TRACER, "exported"):
        pass
    await asyncio.to_thread(tracing.close)
    server.close()
    await server.wait_closed()
    assert received[0].startswith(b"POST /v1/traces")
