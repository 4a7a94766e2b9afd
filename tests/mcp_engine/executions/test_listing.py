"""The list of executions: filters, pages, counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import trace

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput
from mcp_engine.executions import repository
from mcp_engine.executions.schemas import (
    ExecutionCount,
    ExecutionFilter,
    StartExecution,
)
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from tests.conftest import caller_of
from tests.mcp_engine.executions.runs import OUTCOME, START


async def test_the_list_is_filtered_and_paged_newest_first(executions: ExecutionService, caller: Caller) -> None:
    ids = []
    for number in range(5):
        running = await executions.start(caller, replace(START, kind="ask" if number % 2 else "prompt_run"))
        await (running.cancel() if number == 4 else running.finish(OUTCOME))
        ids.append(running.id)
    first = await executions.list(caller, ExecutionFilter(), limit=3)
    second = await executions.list(caller, ExecutionFilter(), limit=3, cursor=first.next_cursor)
    assert [one.id for one in (*first.items, *second.items)] == ids[::-1]
    assert second.next_cursor is None

    async def matching(**conditions: Any) -> list[Any]:
        return [one.id for one in (await executions.list(caller, ExecutionFilter(**conditions))).items]

    assert await matching(kind="ask") == [ids[3], ids[1]]
    assert await matching(status="cancelled") == [ids[4]]
    assert await matching(status="running") == []
    assert await matching(artifact_name="other") == []
    assert len(await matching(artifact_kind="prompt", artifact_name="greeting", namespace="default")) == 5
    assert await matching(min_latency_ms=1e9) == []
    since = first.items[1].created_at
    assert await matching(since=since) == [ids[4], ids[3]]
    assert await matching(until=since) == [ids[2], ids[1], ids[0]]
    with pytest.raises(InvalidInput, match="cursor"):
        await executions.list(caller, ExecutionFilter(), cursor="WyJub3QtYW4taWQiXQ")


async def test_the_list_says_what_was_asked_until_it_is_erased(executions: ExecutionService, caller: Caller) -> None:
    asked, given = await some(
        executions,
        caller,
        replace(START, kind="ask", inputs={"question": "Why is\nit blue?", "collection": "sky"}),
        replace(START, inputs={"variables": {"term": "leeway"}}),
    )

    async def excerpts() -> dict[UUID, str | None]:
        return {one.id: one.excerpt for one in (await executions.list(caller, ExecutionFilter())).items}

    assert await excerpts() == {asked: "Why is it blue?", given: "term: leeway"}
    assert (await executions.get(caller, asked)).excerpt == "Why is it blue?"
    await executions.erase_content(caller, asked, "asked for")
    assert await excerpts() == {asked: None, given: "term: leeway"}
    assert (await executions.get(caller, asked)).excerpt is None


async def some(executions: ExecutionService, caller: Caller, *starts: StartExecution) -> list[UUID]:
    """Run each to its end; return their ids in that order."""
    ids: list[UUID] = []
    for start in starts:
        running = await executions.start(caller, start)
        await running.finish(OUTCOME)
        ids.append(running.id)
    return ids


async def test_versions_labels_models_and_people_are_filtered(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    assert START.version is not None
    assert START.model is not None
    labelled = replace(START, version=replace(START.version, label="production", number=3))
    remote = replace(START, model=replace(START.model, model="gpt-oss"), version=None)
    plain, released, other = await some(executions, caller, START, labelled, remote)
    colleague = caller_of(caller.tenant_id, new_id())
    [theirs] = await some(executions, colleague, START)

    async def matching(**conditions: Any) -> list[UUID]:
        wanted = ExecutionFilter(**conditions)
        found = [one.id for one in (await executions.list(caller, wanted)).items]
        assert await executions.count(caller, wanted) == ExecutionCount(count=len(found), at_least=False)
        return found

    assert await matching(artifact_name="greeting", artifact_number=3) == [released]
    assert await matching(label="production") == [released]
    assert await matching(model="gpt-oss") == [other]
    assert await matching(actor_id=colleague.principal_id) == [theirs]
    assert await matching(status="succeeded") == [theirs, other, released, plain]
    shown = await executions.get(caller, released)
    assert shown.artifact is not None
    assert shown.artifact.label == "production"


async def test_runs_under_way_are_found_as_running(executions: ExecutionService, caller: Caller) -> None:
    await some(executions, caller, START)
    running = await executions.start(caller, START)
    wanted = ExecutionFilter(status="running")
    assert [one.id for one in (await executions.list(caller, wanted)).items] == [running.id]
    await running.cancel()
    assert (await executions.list(caller, wanted)).items == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("KETTLE", True), ('say "go"', True), ("tab\there", True), ("100%", True), ("1_0", False), ("Because", False)],
)
async def test_a_text_is_found_in_inputs_and_messages_as_it_was_written(
    executions: ExecutionService, caller: Caller, text: str, found: bool
) -> None:
    inputs = {"question": 'Is the kettle 100% hot? They say "go".'}
    start = replace(START, inputs=inputs, messages=[{"role": "user", "content": "tab\there"}])
    ids = await some(executions, caller, start)
    await some(executions, caller, START)
    items = (await executions.list(caller, ExecutionFilter(text=text))).items
    assert [one.id for one in items] == (ids if found else [])


async def test_a_search_for_text_reads_a_bounded_number_and_goes_on_from_its_cursor(
    executions: ExecutionService, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "SEARCHED_AT_ONCE", 2)
    needle = replace(START, inputs="needle", messages=None)
    oldest, *_, newest = await some(executions, caller, needle, START, START, START, needle)
    wanted, found, cursor = ExecutionFilter(text="needle"), list[UUID](), None
    pages = 0
    while pages == 0 or cursor:
        page = await executions.list(caller, wanted, limit=10, cursor=cursor)
        found += [one.id for one in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert found == [newest, oldest]
    assert pages == 3
    assert await executions.count(caller, wanted) == ExecutionCount(count=1, at_least=True)
    full = await executions.list(caller, ExecutionFilter(text="e"), limit=1)
    assert [one.id for one in full.items] == [newest]
    assert full.next_cursor is not None


async def test_counting_stops_at_its_limit(
    executions: ExecutionService, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_engine.executions.service.COUNTED_AT_MOST", 2)
    await some(executions, caller, START, START, START)
    assert await executions.count(caller, ExecutionFilter()) == ExecutionCount(count=2, at_least=True)
    assert await executions.count(caller, ExecutionFilter(kind="other")) == ExecutionCount(count=0, at_least=False)


async def test_erased_inputs_are_not_found_by_their_text(executions: ExecutionService, caller: Caller) -> None:
    [gone] = await some(executions, caller, replace(START, inputs="needle"))
    await executions.erase_content(caller, gone, "asked to")
    assert (await executions.list(caller, ExecutionFilter(text="needle"))).items == []


async def test_runs_are_found_by_the_trace_that_log_lines_name(executions: ExecutionService, caller: Caller) -> None:
    traces = [trace.SpanContext(trace_id=number, span_id=7, is_remote=False) for number in (1, 2)]
    ids: list[UUID] = []
    for context in traces:
        with trace.use_span(trace.NonRecordingSpan(context)):
            ids += await some(executions, caller, START)
    found = await executions.list(caller, ExecutionFilter(trace_id=f"{2:032x}"))
    assert [one.id for one in found.items] == [ids[1]]
