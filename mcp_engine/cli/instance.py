"""Commands about the instance itself: start it, look at it, back it up, restore it, remove it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api, server_url
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup()
RESTART_TIMEOUT_SECONDS = 120


@commands.command()
def up(
    new_owner_key: Annotated[
        bool, typer.Option("--new-owner-key", help="Make and show one more owner key: yours is lost.")
    ] = False,
) -> None:
    """Set up what is missing, then serve until Ctrl-C."""
    from mcp_engine.cli.client import save_credentials
    from mcp_engine.cli.progress import TerminalProgress
    from mcp_engine.config import Settings
    from mcp_engine.errors import EngineError
    from mcp_engine.server.instance import ensure_free

    settings = Settings()
    progress = TerminalProgress()
    try:
        ensure_free(settings.home)
        with progress.step("Loading the engine"):
            from mcp_engine.server.up import serve
        serve(settings, progress, save_credentials, new_key=new_owner_key)
    except EngineError as error:
        raise CommandFailed(error.message, ExitCode.SERVER_FAILED) from error


@commands.command()
def worker() -> None:
    """Run one more worker for a server's jobs, on this machine or another, until Ctrl-C."""
    from mcp_engine.config import Settings
    from mcp_engine.errors import EngineError
    from mcp_engine.server.worker import work

    try:
        work(Settings())
    except EngineError as error:
        raise CommandFailed(error.message, ExitCode.SERVER_FAILED) from error


@commands.command("open")
def open_dashboard() -> None:
    """Print a link that signs a browser in to the dashboard as you, once, within five minutes."""
    from mcp_engine.server.links import sign_in_url

    link = Api().post("/sessions/link")
    shown = {"url": sign_in_url(server_url(), link["token"]), "expires_at": link["expires_at"]}
    output.emit(shown, lambda console: console.print(shown["url"], markup=False, soft_wrap=True))
    if not output.is_json():
        output.error_console().print("It works once, for five minutes.", markup=False, style="dim")


@commands.command()
def status() -> None:
    """Show what the server is, holds and does."""
    found = Api().get("/status")
    output.emit(found, lambda console: _render_status(console, found))


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
) -> None:
    """Write the whole instance, keys included, into one file readable by you only."""
    if file.exists():
        raise CommandFailed(f"{file} exists; choose another name.", ExitCode.USAGE)
    if not file.absolute().parent.is_dir():
        raise CommandFailed(f"There is no folder {file.absolute().parent}.", ExitCode.USAGE)
    with output.error_console().status("Writing the backup"):
        size = Api().download("/instance/backup", file, method="POST")
    output.emit(
        {"file": str(file), "bytes": size}, lambda console: console.print(f"Wrote {file} ({size / 1e6:.1f} MB).")
    )


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `mcp-engine backup` wrote.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Replace everything in the running instance by a backup; the replaced database is kept until the next restore."""
    if not yes and not typer.confirm("Replace everything in the running instance by this backup?", err=True):
        raise CommandFailed("Nothing was restored.", ExitCode.USAGE)
    api = Api()
    with output.error_console().status("Loading the backup"):
        before = api.send_file("/instance/restore", file)["instance_started_at"]
    with output.error_console().status("Restarting"):
        _wait_for_restart(before)
    output.emit({"restored": str(file)}, lambda console: console.print(f"Restored {file}."))


@commands.command("clean-data")
def clean_data(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove the data directory of this machine's embedded instance."""
    from mcp_engine.config import Settings
    from mcp_engine.errors import EngineError
    from mcp_engine.server.removal import remove_data

    home = Settings().home
    if not home.exists():
        output.emit({"removed": None}, lambda console: console.print(f"There is no data in {home}."))
        return
    if not yes and not typer.confirm(f"Remove {home} with every prompt, document and log entry in it?", err=True):
        raise CommandFailed("Nothing was removed.", ExitCode.USAGE)
    try:
        remove_data(Settings())
    except EngineError as error:
        raise CommandFailed(error.message, ExitCode.REFUSED) from error
    output.emit({"removed": str(home)}, lambda console: console.print(f"Removed {home}."))


def _wait_for_restart(before: str) -> None:
    deadline, api = time.monotonic() + RESTART_TIMEOUT_SECONDS, Api()
    while time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            if api.ready()["instance_started_at"] != before:
                return
        except CommandFailed as failure:
            if failure.exit_code is not ExitCode.UNAVAILABLE:
                raise
    raise CommandFailed("The server did not come back; its log says why.", ExitCode.UNAVAILABLE)


def _render_status(console: Console, found: dict[str, Any]) -> None:
    from rich.markup import escape

    for section, facts in found.items():
        if isinstance(facts, dict):
            console.print(f"[bold]{escape(section)}[/bold]")
            for name, value in cast("dict[str, Any]", facts).items():
                console.print(f"  {escape(name):<24}{escape(_fact(value))}")
        else:
            console.print(f"[bold]{escape(section):<26}[/bold]{escape(_fact(facts))}")


def _fact(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value))) or "none"
    return {None: "none", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)
