"""One instance for every page that a reader follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.instance import EngineProcess


@pytest.fixture(scope="session")
def readers_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """An instance without the sample; the README and each page work in folders of their own on it, which sources may
    read."""
    roots = str(tmp_path_factory.getbasetemp())
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false", "MCP_ENGINE_SOURCE_ROOTS": roots})
    engine.start()
    yield engine
    engine.remove()
