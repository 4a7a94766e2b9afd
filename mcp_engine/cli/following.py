"""Waits for what a job works off: an evaluation, a judged comparison, the evidence for a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode

LOOK_SECONDS = 0.5


def ended(
    api: Api,
    evaluation: dict[str, Any],
    advance: Callable[[], None] | None = None,
    *,
    path: str = "/evaluations",
    what: str = "evaluation",
) -> dict[str, Any]:
    """Return an evaluation once it has ended; fail as its job did.

    Args:
        advance: called once for each row that is done.
        path: where it is found by its id.
        what: how it is called.
    """
    evaluation = followed(api, evaluation, path, ("queued", "running"), advance)
    if evaluation["state"] != "succeeded":
        reason = evaluation["error_message"] or f"It was {evaluation['state']}."
        message = f"The {what} {evaluation['id']} did not end well: {reason}"
        raise CommandFailed(message, ExitCode.FAILED, evaluation)
    return evaluation


def followed(
    api: Api, found: dict[str, Any], path: str, states: Collection[str], advance: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Return what is found below `path` by its id once it has left these states.

    Args:
        advance: called once for each row that is done.
    """
    shown = 0
    while found["state"] in states:
        time.sleep(LOOK_SECONDS)
        found = api.get(f"{path}/{found['id']}")
        if advance is not None:
            for _ in range(shown, found["progress_done"]):
                advance()
        shown = found["progress_done"]
    return found
