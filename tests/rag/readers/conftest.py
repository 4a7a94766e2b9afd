"""One place for tests that only look, and a fresh one for those that change something."""

from __future__ import annotations

import pytest_asyncio

from tests.rag.conftest import Workspace
from tests.rag.readers.place import Place, make_place


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(workspace: Workspace) -> Place:
    """Shared by the tests of a module."""
    return await make_place(workspace)


@pytest_asyncio.fixture(loop_scope="session")
async def own_place(workspace: Workspace) -> Place:
    """The test's own."""
    return await make_place(workspace)
