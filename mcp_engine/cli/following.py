"""Waits for an evaluation, or a judged comparison, to end."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    shown = 0
    while evaluation["state"] in ("queued", "running"):
        time.sleep(LOOK_SECONDS)
        evaluation = api.get(f"{path}/{evaluation['id']}")
        if advance is not None:
            for _ in range(shown, evaluation["progress_done"]):
                advance()
        shown = evaluation["progress_done"]
    if evaluation["state"] != "succeeded":
        reason = evaluation["error_message"] or f"It was {evaluation['state']}."
        message = f"The {what} {evaluation['id']} did not end well: {reason}"
        raise CommandFailed(message, ExitCode.FAILED, evaluation)
    return evaluation
