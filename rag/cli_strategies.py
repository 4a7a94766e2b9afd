"""`mcp-engine strategy`: retrieval strategies, as versions with labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, Reference, choice_of, moment, path_of, pointers, say
from rag.strategy import KIND

if TYPE_CHECKING:
    from rich.console import Console

strategies = CommandGroup("Strategies: how questions are searched and answered, as versions with labels.")

_COLLECTION = f"artifacts/{KIND}"
Name = Annotated[str, typer.Argument(help="The strategy's name.")]


@strategies.command()
def push(
    file: Annotated[
        Path, typer.Argument(help="What differs from the default, as YAML or JSON; see docs/documents.md.")
    ],
    message: Annotated[str, typer.Option("--message", "-m", help="What changed and why.")] = "",
    name: Annotated[str | None, typer.Option(help="Instead of the file's own name.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Point this label at the version; repeat it.")] = None,
    namespace: Namespace = "default",
) -> None:
    """Store a file as the next version; an identical version that exists is found instead."""
    chosen = file.stem if name is None else name
    body = {"body": read_body(file, "what differs from the default"), "message": message, "labels": label or []}
    pushed = Api().post(f"/{_COLLECTION}/{Api.quote(chosen)}", body, namespace=namespace)
    verb = "Pushed" if pushed["created"] else "Unchanged: this is"
    output.emit(pushed, lambda console: say(console, f"{verb} {pushed['name']}/{pushed['number']}"))


@strategies.command("list")
def list_strategies(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List strategies with their latest version."""
    page = Api().get(f"/{_COLLECTION}", limit=limit, cursor=cursor, namespace=namespace)
    rows = [(item["name"], item["latest"], pointers(item), moment(item["updated_at"])) for item in page["items"]]
    empty = "No strategies of your own: questions are answered by the built-in values of default."
    output.emit(page, output.table(["NAME", "LATEST", "LABELS", "UPDATED"], rows, empty=empty))


@strategies.command()
def get(reference: Reference, namespace: Namespace = "default") -> None:
    """Show a version with all its values."""
    found = Api().get(path_of(_COLLECTION, reference), **choice_of(reference), namespace=namespace)
    output.emit(found, lambda console: _render(console, found))


@strategies.command()
def label(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, help="The version's number.")],
    label: Annotated[str, typer.Argument(help="Such as production.")],
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; it is kept in the history.")] = "",
    namespace: Namespace = "default",
) -> None:
    """Release a version under a label; the move is kept in the history and the audit log."""
    path = f"/{_COLLECTION}/{Api.quote(name)}/labels/{Api.quote(label)}"
    moved = Api().put(path, {"version": version, "reason": reason}, namespace=namespace)
    output.emit(moved, lambda console: say(console, f"{name}@{label} is version {version} now."))


def _render(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['name']}/{found['number']}  {found['message']}".rstrip())
    say(console, json.dumps(found["body"], indent=2, ensure_ascii=False))
