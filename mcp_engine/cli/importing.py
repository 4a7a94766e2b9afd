"""`mcp-engine import`: prompts and datasets of other systems and of folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace
from mcp_engine.cli.transfer import Importer

if TYPE_CHECKING:
    from mcp_engine.exchange.parcel import Parcel

commands = CommandGroup("Import prompts and datasets: from folders and from other systems.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be made, and make nothing.")]
SkipFaulty = Annotated[
    bool, typer.Option("--skip-faulty", help="Leave out what can't be brought over, instead of importing nothing.")
]


@commands.command()
def folder(
    folder: Annotated[Path, typer.Argument(help="As `export folder` writes it.")],
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Import a folder: the same versions, numbers, digests and labels, if the namespace is empty."""
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.folder import read_folder

    try:
        parcel = read_folder(folder)
    except (EngineError, OSError) as error:
        raise unreadable(error) from error
    _bring(parcel, namespace, dry_run=dry_run, skip_faulty=skip_faulty)


def unreadable(error: Exception) -> CommandFailed:
    """Return the failure of a source that can't be read at all."""
    from mcp_engine.errors import EngineError

    if isinstance(error, EngineError):
        problem = {"status": error.status, "code": error.code, "detail": error.message, **error.details}
        return CommandFailed(error.message, ExitCode.REFUSED, problem)
    return CommandFailed(f"It can't be read: {error}.", ExitCode.USAGE)


def _bring(parcel: Parcel, namespace: str, *, dry_run: bool, skip_faulty: bool) -> None:
    Importer(Api(), namespace, dry_run=dry_run, skip_faulty=skip_faulty).run(parcel)
