"""One run as the tests of executions start and end it, and what the log says about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.executions.facts import ENDED
from mcp_engine.executions.schemas import ModelRef, Outcome, StartExecution, VersionRef
from mcp_engine.identifiers import new_id

START = StartExecution(
    namespace="default",
    kind="prompt_run",
    inputs={"question": "Why?\x00", "n": 1.5},
    messages=[{"role": "user", "content": "Why?"}],
    version=VersionRef("prompt", "default", "greeting", 2, new_id(), "ab" * 32, "cd" * 32),
    model=ModelRef("llama.cpp", "smollm2", "ef" * 32, "01" * 32, "23" * 32),
    parameters={"temperature": 0.7, "stop": ["\n"]},
    seed=7,
)
OUTCOME = Outcome(output="Because.", finish_reason="stop", input_tokens=12, output_tokens=3, cached_tokens=4)


async def leaf_facts(database: Database, caller: Caller, subject: Any) -> list[dict[str, Any]]:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        rows = await work.session.execute(
            text("SELECT facts FROM audit_entry WHERE kind = :kind AND subject = :subject"),
            {"kind": ENDED, "subject": str(subject)},
        )
        return [row.facts for row in rows]
