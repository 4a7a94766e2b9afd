"""`mcp-engine scorer`: what outputs are scored by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, moment, pointers, say

commands = CommandGroup("Scorers: what an output is worth, as versions with labels.")


@commands.command()
def push(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with `type`, and `parameters` and `direction` as needed.")],
    message: Annotated[str, typer.Option("--message", "-m", help="What changed and why.")] = "",
    name: Annotated[str | None, typer.Option(help="Instead of the file's own name.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Point this label at the version; repeat it.")] = None,
    namespace: Namespace = "default",
) -> None:
    """Store a file as the next version; an identical version that exists is found instead."""
    chosen = file.stem if name is None else name
    body = {"body": read_body(file, "one object with `type`"), "message": message, "labels": label or []}
    pushed = Api().post(f"/artifacts/scorer/{Api.quote(chosen)}", body, namespace=namespace)
    verb = "Pushed" if pushed["created"] else "Unchanged: this is"
    output.emit(pushed, lambda console: say(console, f"{verb} {pushed['name']}/{pushed['number']}"))


@commands.command("list")
def list_scorers(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List scorers with their latest version."""
    page = Api().get("/artifacts/scorer", limit=limit, cursor=cursor, namespace=namespace)
    rows = [(item["name"], item["latest"], pointers(item), moment(item["updated_at"])) for item in page["items"]]
    empty = "No scorers: evaluations take types as they are, such as exact (see `scorer types`)."
    output.emit(page, output.table(["NAME", "LATEST", "LABELS", "UPDATED"], rows, empty=empty))


@commands.command()
def types() -> None:
    """List the types of scorers, and what each can be told."""
    page = Api().get("/scorer-types")
    rows = [
        (kind["name"], kind["direction"] or "say which", kind["unit"] or kind["scale"],
         " ".join(kind["parameters"].get("properties", {})), kind["description"])
        for kind in page["items"]
    ]  # fmt: skip
    output.emit(page, output.table(["TYPE", "BETTER", "UNIT", "PARAMETERS", "DESCRIPTION"], rows, empty=""))
