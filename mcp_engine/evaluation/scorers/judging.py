"""The prompt behind a judge: given of a row what it asks for, run, and its failures named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.scorers.port import Parameters, ScoreFailed, text_of
from mcp_engine.prompts.schemas import PromptDetail, RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService

JUDGE_RUN: Final = "judge_run"
UNREADABLE: Final = "score.judge_unreadable"
_UNREADABLE = frozenset({"prompt.output_invalid", "prompt.output_cut"})


class Judging(Parameters):
    """Which prompt judges, and on which model."""

    prompt: str = Field(min_length=1, max_length=140, description="Such as `judge@production` or `judge/3`.")
    model: str | None = Field(default=None, max_length=200, description="Another model than the version's.")


async def ask(
    prompts: PromptService,
    caller: Caller,
    prompt: PromptDetail,
    values: Mapping[str, Any],
    model: str | None,
    kind: str = JUDGE_RUN,
) -> RunCompleted:
    """Run a judge's prompt on those of `values` that it declares; None stands for a value that there is not.

    Args:
        kind: under which the execution is recorded.

    Raises:
        ScoreFailed: `score.judge_variable` for a variable that it needs and the row lacks, `score.judge_unreadable`
            when the output does not fit its schema; says which execution it ended.
        EngineError: what else the run raises.
    """
    wanted = RunPrompt(version=prompt.number, variables=_variables(prompt.inputs, values), model=model)
    try:
        events = prompts.run(caller, prompt.namespace, prompt.name, wanted, kind=kind, lock_digest=prompt.lock_digest)
        async for event in events:
            if isinstance(event, RunCompleted):
                return event
    except EngineError as error:
        if error.code not in _UNREADABLE:
            raise
        ended = error.details.get("execution_id")
        raise ScoreFailed(UNREADABLE, error.message, None if ended is None else UUID(ended)) from error
    raise AssertionError("a run ends with its end")


def _variables(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, declared in schema.get("properties", {}).items():
        if values.get(name) is not None:
            chosen[name] = text_of(values[name]) if declared.get("type") == "string" else values[name]
        elif name in schema.get("required", ()):
            raise ScoreFailed("score.judge_variable", f"The judge asks for {name!r}, which this row does not have.")
    return chosen
