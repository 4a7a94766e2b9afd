"""Questions of a strategy that keeps its answers, and what is kept of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from mcp_engine.access import Caller
from rag.schemas import Answer
from rag.strategy import KIND
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

WHO = "Who built the lighthouse of Karsund?"


async def keeping(workspace: Workspace, caller: Caller, **answering: Any) -> None:
    """Push a strategy that keeps answers, as `keeping`."""
    body = {"answering": {"cache": True, **answering}}
    await workspace.artifacts.push(caller, KIND, "default", "keeping", body, "Keep answers.")


async def ask(workspace: Workspace, caller: Caller, question: str = WHO, **more: Any) -> Answer:
    return await workspace.asking.answer(caller, "default", more.pop("collection", "docs"), question, "keeping", **more)


async def filled(workspace: Workspace, caller: Caller) -> None:
    await keeping(workspace, caller)
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)


def said(answer: Answer) -> dict[str, Any]:
    return answer.model_dump(exclude={"execution_id", "question", "cached_from"})


async def rows(workspace: Workspace, caller: Caller) -> int:
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return int((await work.session.execute(text("SELECT count(*) FROM cached_answer"))).scalar_one())
