"""Giving a kept answer again, as an execution of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from uuid import UUID

from mcp_engine.artifacts.splits import Expose
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.executions.running import RunningExecution
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.http.streaming import StreamEvent
from rag.answer_cache.service import Hit
from rag.answer_events import answer_from, events_of
from rag.schemas import Answer


def start_of(hit: Hit, start: StartExecution, expose: Expose | None) -> StartExecution:
    """Return the start of an execution that gives a kept answer: no model runs, and it says which execution did."""

    async def also(work: UnitOfWork, execution_id: UUID) -> None:
        await hit.record(work, execution_id)
        if expose is not None:
            await expose(work, execution_id)

    return replace(start, model=None, parameters={"cached_from": str(hit.kept.execution_id)}, also=also)


async def given_again(
    hit: Hit,
    running: RunningExecution,
    question: str,
    collection: str,
    strategy: str,
    outcome_of: Callable[[Answer], Outcome],
) -> AsyncGenerator[StreamEvent, None]:
    """Give a kept answer, event by event, as what `running` says; it is finished with `outcome_of` the answer.

    Args:
        strategy: by name and number.
    """
    output = {**hit.kept.output, "cached_from": hit.kept.execution_id}
    answer = answer_from(output, running.id, question, collection, strategy)
    for event in events_of(answer):
        if event.event == "completed":
            await running.finish(outcome_of(answer))
        elif event.event == "citation":
            running.first_token()
        yield event
