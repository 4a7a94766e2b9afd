"""A workspace that may embed at a server, beside the bundled model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mcp_engine.database.engine import Database
from rag.embedders.options import ServerOptions
from rag.embedding import MiniLMEmbedder
from rag.parsing.pool import ParserPool
from tests.commands import listening
from tests.rag.conftest import Workspace, workspace_on
from tests.rag.embedders.servers import DIMENSIONS, KEY, StandIn

OTHER = "stand-in"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stand_in() -> AsyncIterator[tuple[StandIn, ServerOptions]]:
    served = StandIn()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REINDEXING_KEY", KEY)
        async with listening(served.app) as url:
            yield (
                served,
                ServerOptions(
                    name=OTHER, kind="openai", base_url=f"{url}/v1", model="small", dimensions=DIMENSIONS,
                    credential_env="REINDEXING_KEY",
                ),
            )  # fmt: skip


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def local(
    database: Database, embedder: MiniLMEmbedder, parsers: ParserPool, stand_in: tuple[StandIn, ServerOptions]
) -> AsyncIterator[Workspace]:
    async with workspace_on(database, embedder, parsers, [stand_in[1]]) as workspace:
        yield workspace
