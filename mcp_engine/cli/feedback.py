"""`mcp-engine feedback`: say how good an execution was."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, say

commands = CommandGroup()


@commands.command()
def feedback(
    execution: Annotated[
        str, typer.Argument(metavar="EXECUTION", help="The execution's id, or a session with --session.")
    ],
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="Such as helpful.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="true, false, a number; for comment a text.")],
    comment: Annotated[str | None, typer.Option("--comment", "-m", help="Why.")] = None,
    session: Annotated[bool, typer.Option("--session", help="EXECUTION is a session of yours.")] = False,
    namespace: Namespace = "default",
) -> None:
    """Say how good an execution was."""
    about = {"session_id" if session else "execution_id": execution}
    body = {"metric_name": metric, "value": _value(metric, value), **about}
    given = Api().post("/feedback", body | ({"comment": comment} if comment else {}), namespace=namespace)
    output.emit(given, lambda console: say(console, f"Recorded {given['metric_name']} = {given['value']}."))


def _value(metric: str, value: str) -> bool | float | str:
    if metric in ("comment", "demonstration"):
        return value
    if value.lower() in ("true", "yes", "false", "no"):
        return value.lower() in ("true", "yes")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CommandFailed(f"{value!r} is neither true nor false nor a finite number.", ExitCode.USAGE)
    return number
