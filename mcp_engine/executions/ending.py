"""The end of an execution: outcome, output and audit entry, in one transaction."""

from __future__ import annotations

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.executions import repository
from mcp_engine.executions.facts import ENDED, ended_facts
from mcp_engine.executions.tables import ExecutionOutcomeRow, ExecutionOutputRow, ExecutionRow
from mcp_engine.telemetry import metrics


async def record_end(
    work: UnitOfWork, execution: ExecutionRow, outcome: ExecutionOutcomeRow, output: ExecutionOutputRow | None
) -> None:
    """Record the end of an execution that the caller has taken out of those that run."""
    await repository.insert_ended(work.session, outcome, output)
    await append(work, AuditEvent(ENDED, str(execution.id), ended_facts(execution, outcome)))
    work.after_commit(metrics.EXECUTIONS.labels(execution.kind, outcome.status).inc)
