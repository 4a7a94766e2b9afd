"""The git command, with nothing of its configuration, hooks or prompts: what a repository says is never run."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcp_engine.errors import InvalidInput, Refused, TimedOut, TooLarge, TryLater

_LOOK_SECONDS = 0.5
_SAID_CHARACTERS = 300


class Git:
    """Runs git in a folder of its own.

    Args:
        folder: an empty folder; its parent is not looked into.
        protocols: those that may be used, separated by colons (`https`, `ssh`, `file`).
        configuration: beside what is set here; kept out of the command line, which other accounts can read.
        most_bytes: how large the folder may become.
    """

    def __init__(
        self, folder: Path, protocols: str, configuration: Mapping[str, str], *, seconds: float, most_bytes: int
    ) -> None:
        self.folder = folder
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._environment = _environment(folder, protocols, configuration)

    async def run(self, *arguments: str, most_output: int = 64 * 1024**2) -> bytes:
        """Return what a command printed.

        Raises:
            Refused: `source.git_missing`. TimedOut: `source.timed_out`.
            TooLarge: `source.clone_too_large`, or more output than `most_output` bytes.
            InvalidInput: `source.git_failed` with the last thing it said; TryLater: `source.unreachable`.
        """
        command = shutil.which("git")
        if command is None:
            raise Refused("source.git_missing", "The server needs the command `git` to read repositories; install it.")
        process = await asyncio.create_subprocess_exec(
            command, *arguments, cwd=self.folder, env=self._environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        watching = asyncio.create_task(self._watch(process))
        try:
            async with asyncio.timeout(self._seconds):
                output, said = await asyncio.gather(
                    _read(process.stdout, most_output), _read(process.stderr, 64 * 1024)
                )
                await process.wait()
        except TimeoutError:
            raise TimedOut("source.timed_out", f"git took longer than {self._seconds:g} s.") from None
        finally:
            watching.cancel()
            _end(process)
            await process.wait()
        if self._too_large():
            raise TooLarge(
                "source.clone_too_large",
                f"The repository takes more than {self._most_bytes:,} bytes; the operator can raise "
                "MCP_ENGINE_SOURCE_CLONE_BYTES.",
            )
        if process.returncode != 0:
            raise _failed(said.decode(errors="replace"))
        if len(output) > most_output:
            raise TooLarge("source.too_many", "The repository lists more than can be read; name a smaller one.")
        return output

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """End a command that fills the disk."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if await asyncio.to_thread(self._too_large):
                _end(process)
                return

    def _too_large(self) -> bool:
        total = 0
        for folder, _, files in os.walk(self.folder):
            for name in files:
                try:
                    total += (Path(folder) / name).lstat().st_size
                except OSError:
                    continue  # a temporary file of git's, gone by now
            if total > self._most_bytes:
                return True
        return False


def _environment(folder: Path, protocols: str, configuration: Mapping[str, str]) -> dict[str, str]:
    settings = {
        "core.hooksPath": os.devnull, "core.fsmonitor": "false", "credential.helper": "", "gc.auto": "0",
        "http.followRedirects": "false", "maintenance.auto": "false", "safe.directory": "*",
        "submodule.recurse": "false",
        **configuration,
    }  # fmt: skip
    numbered: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(folder.parent), "GIT_ALLOW_PROTOCOL": protocols, "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20", **numbered,
    }  # fmt: skip


async def _read(stream: asyncio.StreamReader | None, most: int) -> bytes:
    """Return what comes, and one byte more than `most` at the most; the rest is thrown away."""
    assert stream is not None
    content = bytearray()
    while part := await stream.read(65536):
        content += part[: most + 1 - len(content)]
    return bytes(content)


def _end(process: asyncio.subprocess.Process) -> None:
    """End a command with those it started, such as ssh."""
    if process.returncode is None:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            return


def _failed(said: str) -> InvalidInput | TryLater:
    lines: Sequence[str] = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "ERROR:", "error:"))), lines[-1] if lines else "")
    told = "".join(character for character in told if character.isprintable())[:_SAID_CHARACTERS]
    lost = ("unable to access", "Could not resolve host", "Connection", "early EOF", "timed out")
    if any(one in said for one in lost):
        return TryLater("source.unreachable", f"The repository can't be reached; git said: {told}")
    return InvalidInput("source.git_failed", f"The repository can't be read; git said: {told or 'nothing'}")
