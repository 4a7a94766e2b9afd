"""Rows made of stored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from mcp_engine.errors import Gone, InvalidInput
from mcp_engine.evaluation.datasets.files import FileRow
from mcp_engine.evaluation.datasets.rows import Row
from mcp_engine.executions.schemas import ExecutionDetail


def rows_of(executions: Sequence[ExecutionDetail], expected: str, wishes: Mapping[UUID, str]) -> list[FileRow]:
    """Return one row a run: what it was given, and what it gave or should have given.

    Args:
        expected: `output`, `demonstration` or `nothing`.
        wishes: what people would have wanted instead, by execution.

    Raises:
        Gone: `execution.content_erased`.
        InvalidInput: `execution.no_variables` for a run whose inputs are not named values.
    """
    return [FileRow(_row(one, expected, wishes.get(one.id)), None, f"execution {one.id}") for one in executions]


def _row(run: ExecutionDetail, expected: str, wish: str | None) -> Row:
    if run.inputs.state == "erased" or (expected == "output" and run.output.state == "erased"):
        raise Gone("execution.content_erased", f"The content of the execution {run.id} was erased.")
    inputs: Any = run.inputs.value
    if not isinstance(inputs, dict):
        raise InvalidInput("execution.no_variables", f"The execution {run.id} was not given named values.")
    named = cast("dict[str, Any]", inputs)
    variables: dict[str, Any] = named.get("variables", named)
    wanted = {"output": run.output.value, "demonstration": wish}.get(expected)
    metadata = {"execution_id": str(run.id)}
    return Row(variables, wanted, metadata)
