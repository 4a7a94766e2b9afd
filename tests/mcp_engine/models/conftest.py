"""The bundled model, prepared once; a pool a module; llama-cpp-python's own server as the remote."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mcp_engine.models.pool import ModelPool, PoolOptions
from mcp_engine.models.weights import Weights, prepare_weights
from tests.mcp_engine.models.servers import CREDENTIAL, MODEL, free_port

pytest.register_assert_rewrite("tests.mcp_engine.models.conformance")


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return prepare_weights(tmp_path_factory.mktemp("model-home"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(weights: Weights) -> AsyncIterator[ModelPool]:
    """One process with one thread."""
    pool = ModelPool(PoolOptions(context_tokens=1024), lambda: weights)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def llama_server(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of `llama_cpp.server` with the bundled model."""
    port = free_port()
    log = tmp_path_factory.mktemp("llama-server") / "log"
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(weights.path), "--model_alias", MODEL,
        "--n_threads", "1", "--n_ctx", "1024", "--host", "127.0.0.1", "--port", str(port),
        "--api_key", CREDENTIAL, "--verbose", "false",
    ]  # fmt: skip
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, "GOMP_SPINCOUNT": "0"}
        )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/v1", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.kill()
        server.wait()


def _wait_until_up(base_url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    headers = {"Authorization": f"Bearer {CREDENTIAL}"}
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"llama_cpp.server ended: {log.read_text()[-2000:]}")
        try:
            if httpx.get(f"{base_url}/models", headers=headers).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"llama_cpp.server did not come up: {log.read_text()[-2000:]}")
