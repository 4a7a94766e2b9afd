"""Exit codes, and how a failure becomes one line and one of them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """Documented in docs/cli.md; scripts rely on them."""

    DONE = 0
    FAILED = 1
    """The command worked and its answer is no: a check failed, a run failed."""
    USAGE = 2
    REFUSED = 3
    """The server refused the input, or what was named does not exist (4xx)."""
    NOT_ALLOWED = 4
    UNAVAILABLE = 5
    """The server can't be reached or is busy: repeating later may work."""
    SERVER_FAILED = 6
    READER_GONE = 141
    """What read standard output went away: 128 + SIGPIPE, as a shell shows it of other programs."""


class CommandFailed(Exception):
    """Ends a command with a message on standard error and an exit code.

    Args:
        message: what went wrong and what to do.
        exit_code: see `ExitCode`.
        problem: the server's problem document, printed under `--json`.
    """

    def __init__(self, message: str, exit_code: ExitCode, problem: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.problem = problem


def from_problem(problem: dict[str, Any]) -> CommandFailed:
    """Return the failure that a problem document asks for; a document without a status counts as a fault."""
    found = problem.get("status")
    status = found if isinstance(found, int) else 500
    if status in (401, 403):
        code = ExitCode.NOT_ALLOWED
    elif status in (429, 502, 503, 504):
        code = ExitCode.UNAVAILABLE
    elif status < 500:
        code = ExitCode.REFUSED
    else:
        code = ExitCode.SERVER_FAILED
    message = str(problem.get("detail") or problem.get("title") or "The server failed.")
    listed = " ".join(missing_lines(problem))
    return CommandFailed(message.removesuffix(listed).rstrip(), code, problem)


def missing_lines(problem: dict[str, Any] | None) -> list[str]:
    """Return what a release lacks that gates refused, a line each; the problem's detail ends with the same."""
    if problem is None or problem.get("code") != "gate.refused":
        return []
    return [f"{one['gate']}: {one['message']}" for one in problem["missing"]]
