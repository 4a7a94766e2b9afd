"""Entry point of `mcp-engine`: mounts the core's commands and those of every component."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

from mcp_engine.cli import output
from mcp_engine.cli.failures import CommandFailed, missing_lines
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.components.component import BrokenComponent, found_components

CORE_GROUPS = {
    "prompt": "mcp_engine.cli.prompts",
    "dataset": "mcp_engine.cli.datasets",
    "scorer": "mcp_engine.cli.scorers",
    "eval": "mcp_engine.cli.evaluations",
    "gate": "mcp_engine.cli.gates",
    "experiment": "mcp_engine.cli.experiments",
    "execution": "mcp_engine.cli.executions",
    "import": "mcp_engine.cli.importing",
    "export": "mcp_engine.cli.exporting",
    "audit": "mcp_engine.cli.audit",
    "key": "mcp_engine.cli.keys",
    "group": "mcp_engine.cli.principal_groups",
    "job": "mcp_engine.cli.jobs",
}
CORE_COMMANDS = ("mcp_engine.cli.instance", "mcp_engine.cli.feedback", "mcp_engine.cli.ci")
"""Modules of commands that stand at the top."""


def build() -> CommandGroup:
    """Return the whole command tree."""
    app = CommandGroup("A model control plane: governed prompts, cited answers, a provable log.", name="mcp-engine")
    for name, module in CORE_GROUPS.items():
        app.add_group(name, import_module(module).commands)
    usable, broken = found_components()
    for component in usable:
        try:
            for name, group in component.commands().items():
                app.add_group(name, group)
        except Exception as error:  # noqa: BLE001 - one plugin must not take every command away
            broken = (*broken, BrokenComponent.of(component.name, type(component).__module__, error))
    for module in CORE_COMMANDS:
        app.add_group("", import_module(module).commands)
    for damage in broken:
        warn(str(damage))
    return app


def main() -> None:
    """Run one command; failures become a message on standard error and a documented exit code."""
    try:
        build().typer()
    except CommandFailed as failure:
        fail(failure)
    except KeyboardInterrupt:
        sys.exit(130)


def warn(message: str) -> None:
    """Print what is wrong, though the command goes on."""
    from rich.text import Text

    output.error_console().print(Text.assemble(("warning:", "yellow"), " ", message))


def fail(failure: CommandFailed) -> NoReturn:
    """Print why a command failed and end the process."""
    if output.is_json() and failure.problem:
        output.print_json(failure.problem)
    from rich.text import Text

    # A Text, because what servers and people write may hold brackets, which are no markup of ours.
    message = " ".join(failure.message.splitlines())
    output.error_console().print(Text.assemble(("error:", "red"), " ", message))
    for line in missing_lines(failure.problem):
        output.error_console().print(Text(f"  - {' '.join(line.splitlines())}"))
    sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
