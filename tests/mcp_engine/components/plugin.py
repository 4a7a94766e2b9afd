"""Builds the wheel of a tiny third-party plugin, as a stranger would publish it."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

MODULE = '''
"""A third-party component: one route, one command, one capability."""

from mcp_engine.components.component import Component


class Echo:
    name = "echo.repeat"
    description = "Answers what it was told."
    input_schema = {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
        "additionalProperties": False,
    }
    output_schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    scopes = frozenset({"echo:use"})
    effect = "read"
    cost = 0.0

    async def call(self, caller, arguments):
        return {"text": arguments["text"]}


class EchoComponent(Component):
    name = "echo"

    def permissions(self):
        from mcp_engine.access import Permission

        return [Permission("echo:use", "Have text repeated.")]

    def commands(self):
        from mcp_engine.cli import output
        from mcp_engine.cli.groups import CommandGroup

        group = CommandGroup("Say things again.")

        @group.command()
        def say(text: str) -> None:
            """Print TEXT."""
            output.emit({"said": text}, lambda console: console.print(text))

        @group.command()
        def twice(text: str) -> None:
            """Print TEXT two times."""
            output.emit({"said": text * 2}, lambda console: console.print(text * 2))

        return {"echo": group}

    def routers(self):
        from fastapi import APIRouter

        from mcp_engine.http.dependencies import authorised

        router = APIRouter()

        @router.get("/echo", summary="Echo", dependencies=[authorised("echo:use")])
        async def get_echo(text: str) -> dict[str, str]:
            """Answer `text`."""
            return {"text": text}

        return [router]

    def capabilities(self, services):
        return [Echo()]


component = EchoComponent()
'''
METADATA = "Metadata-Version: 2.1\nName: mcp-engine-echo\nVersion: 1.0.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = "[mcp_engine.components]\necho = mcp_engine_echo:component\n"


def build_wheel(folder: Path, module: str = MODULE) -> Path:
    """Write `mcp_engine_echo-1.0.0-py3-none-any.whl` into `folder` and return its path (PEP 427)."""
    info = "mcp_engine_echo-1.0.0.dist-info"
    files = {
        "mcp_engine_echo.py": module,
        f"{info}/METADATA": METADATA,
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": ENTRY_POINTS,
    }
    record = "".join(f"{name},sha256={_hash(content)},{len(content.encode())}\n" for name, content in files.items())
    path = folder / "mcp_engine_echo-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def _hash(content: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
