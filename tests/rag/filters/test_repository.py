"""Which documents pass: patterns of names, media types, days; of this collection and this tenant alone."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from rag.filters.repository import FilterRepository
from rag.repository import DocumentRepository
from rag.strategy import Filters
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

NAMES = ("guide/lighthouse.md", "guide/old/bakery.md", "100%_done.md", "100 percent.md", "Guide.txt", r"back\slash.md")


async def add_all(workspace: Workspace, caller: Caller) -> dict[UUID, str]:
    added = {name: await workspace.add(caller, name, f"{LIGHTHOUSE}\n\n{name}") for name in NAMES}
    return {one.document.latest.id: name for name, one in added.items()}


async def passing(workspace: Workspace, caller: Caller, *narrowing: Filters) -> frozenset[UUID]:
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        collection = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
        assert collection is not None
        return await FilterRepository(work.session).passing(collection.id, narrowing)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (("guide/*",), {"guide/lighthouse.md", "guide/old/bakery.md"}),
        (("guide/*", "*.txt"), {"guide/lighthouse.md", "guide/old/bakery.md", "Guide.txt"}),
        (("100%_done.md",), {"100%_done.md"}),
        (("100%*",), {"100%_done.md"}),
        (("100?percent.md",), {"100 percent.md"}),
        ((r"back\slash.*",), {r"back\slash.md"}),
        (("GUIDE/*",), set[str]()),
        (("bakery.md",), set[str]()),
        (("*",), set(NAMES)),
    ],
)
async def test_names_fit_patterns(
    workspace: Workspace, caller: Caller, patterns: tuple[str, ...], names: set[str]
) -> None:
    versions = await add_all(workspace, caller)
    found = await passing(workspace, caller, Filters(documents=patterns))
    assert {versions[one] for one in found} == names


async def test_all_filters_must_pass_and_only_what_is_searched_is_found(workspace: Workspace, caller: Caller) -> None:
    versions = await add_all(workspace, caller)
    both = await passing(workspace, caller, Filters(documents=("guide/*",)), Filters(documents=("*bakery*",)))
    assert {versions[one] for one in both} == {"guide/old/bakery.md"}
    markdown = await passing(workspace, caller, Filters(documents=("1*", "G*"), media_types=("text/markdown",)))
    assert {versions[one] for one in markdown} == {"100%_done.md", "100 percent.md"}
    assert len(await passing(workspace, caller, Filters(media_types=("text/*",)))) == len(NAMES)
    changed = await workspace.add(caller, "guide/lighthouse.md", BAKERY)
    await workspace.documents.remove(caller, (await workspace.add(caller, "guide/gone.md", BAKERY)).document.id)
    now = await passing(workspace, caller, Filters(documents=("guide/l*", "guide/g*")))
    assert now == {changed.document.latest.id}


async def test_days_are_those_on_which_the_searched_version_was_added(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    day = added.document.latest.created_at.astimezone(UTC).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    everything = frozenset({added.document.latest.id})
    for filters, found in (
        (Filters(since=day), everything),
        (Filters(until=day), everything),
        (Filters(since=before, until=after), everything),
        (Filters(since=after), frozenset[UUID]()),
        (Filters(until=before), frozenset[UUID]()),
        (Filters(until=date.max), everything),
    ):
        assert await passing(workspace, caller, filters) == found


async def test_another_tenants_documents_do_not_pass(workspace: Workspace, caller: Caller) -> None:
    await add_all(workspace, caller)
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        collection = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
    assert collection is not None
    stranger = await make_tenant(workspace.database)
    async with workspace.database.unit_of_work(stranger.tenant_id, stranger.principal_id) as work:
        assert await FilterRepository(work.session).passing(collection.id, [Filters()]) == frozenset()
