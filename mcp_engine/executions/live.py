"""The check that the rows of executions still say what their leaves say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import commitment_to_canonical
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.executions import repository
from mcp_engine.executions.facts import ENDED, INPUTS_TABLE, OUTPUT_TABLE, content_key, ended_facts
from mcp_engine.executions.repository import Stored
from mcp_engine.executions.tables import ExecutionInputsRow, ExecutionOutcomeRow, ExecutionOutputRow


class ExecutionCheck:
    """The live check of executions (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({ENDED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == ENDED
        stored = await repository.find(work.session, [UUID(subject) for subject in subjects])
        return {str(one.execution.id): _live(one, one.outcome) for one in stored if one.outcome is not None}


def _live(stored: Stored, outcome: ExecutionOutcomeRow) -> dict[str, Any | Erased]:
    facts: dict[str, Any | Erased] = ended_facts(stored.execution, outcome)
    key = content_key(stored.execution.id)
    facts["inputs_commitment"] = _recommit(stored.inputs) or Erased(INPUTS_TABLE, key)
    if stored.output is not None or outcome.output_commitment is not None:
        facts["output_commitment"] = _recommit(stored.output) or Erased(OUTPUT_TABLE, key)
    return facts


def _recommit(row: ExecutionInputsRow | ExecutionOutputRow | None) -> str | None:
    return None if row is None else commitment_to_canonical(row.salt, row.content.encode())
