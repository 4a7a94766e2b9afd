"""Commands run in process against an application that listens on a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from mcp_engine.cli import output
from mcp_engine.cli.groups import CommandGroup


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncGenerator[str]:
    """Serve `app` for as long as the block lasts; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


class Commands:
    """Runs the commands of a group as the principal with a key."""

    def __init__(
        self, group: CommandGroup, url: str, monkeypatch: pytest.MonkeyPatch, *, key: str = "owner", columns: int = 200
    ) -> None:
        monkeypatch.setenv("MCP_ENGINE_URL", url)
        monkeypatch.setenv("MCP_ENGINE_API_KEY", key)
        monkeypatch.setenv("COLUMNS", str(columns))
        clients: list[httpx.Client] = []

        class Client(httpx.Client):
            """A command's process ends with it; here its connections must be closed instead."""

            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                clients.append(self)

        monkeypatch.setattr(httpx, "Client", Client)
        self._group, self._monkeypatch, self._clients = group, monkeypatch, clients

    async def __call__(self, *arguments: str) -> Result:
        self._monkeypatch.setattr(output._Mode, "json", False)
        result = await asyncio.to_thread(CliRunner().invoke, self._group.typer, list(arguments))
        while self._clients:
            self._clients.pop().close()
        return result

    async def json(self, *arguments: str) -> Any:
        result = await self(*arguments, "--json")
        assert result.exit_code == 0, result.output or result.exception
        return json.loads(result.stdout)
