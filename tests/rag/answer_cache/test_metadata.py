"""Answers that are given again, and the metadata of what they were found in."""

from __future__ import annotations

from mcp_engine.access import Caller
from rag.answer_cache.key import CacheQuestion
from rag.collections import find_collection
from rag.strategy import Filters
from tests.rag.answer_cache.kept import WHO, ask, filled, rows
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE


async def test_metadata_that_the_filters_no_longer_let_through_is_answered_from_no_more(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    filters = Filters.model_validate({"metadata": [{"key": "team", "one_of": ["ops"]}]})
    await workspace.metadata.replace(caller, added.document.id, {"team": "ops"})
    given = await ask(workspace, caller, filters=filters)
    assert "Ingrid" in given.text
    assert (await ask(workspace, caller, filters=filters)).cached_from == given.execution_id
    # An answer that was on its way while the metadata changed is kept under what it was searched with.
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        before = await workspace.cache.state(work, await find_collection(work, "default", "docs"))
    await workspace.metadata.replace(caller, added.document.id, {"team": "dev"})
    assert await rows(workspace, caller) == 0
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        after = await workspace.cache.state(work, await find_collection(work, "default", "docs"))
    question = CacheQuestion(WHO, "default", "docs", "lock", (), filters)
    assert question.key(before) != question.key(after)
    anew = await ask(workspace, caller, filters=filters)
    assert (anew.cached_from, anew.refused, anew.passages) == (None, True, [])
    # What is as it was before changes nothing.
    kept = await ask(workspace, caller)
    await workspace.metadata.replace(caller, added.document.id, {"team": "dev"})
    assert (await ask(workspace, caller)).cached_from == kept.execution_id
