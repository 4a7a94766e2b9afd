"""`mcp-engine scorer`: what outputs are scored by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.artifacts import Cursor, Labels, Limit, Message, OtherName, list_kind, push_file
from mcp_engine.cli.client import Api
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace

commands = CommandGroup("Scorers: what an output is worth, as versions with labels.")


@commands.command()
def push(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with `type`, and `parameters` and `direction` as needed.")],
    message: Message = "",
    name: OtherName = None,
    label: Labels = None,
    namespace: Namespace = "default",
) -> None:
    """Store a file as the next version; an identical version that exists is found instead."""
    push_file(
        "scorer", file, wanted="one object with `type`", message=message, name=name, labels=label, namespace=namespace
    )


@commands.command("list")
def list_scorers(limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default") -> None:
    """List scorers with their latest version."""
    empty = "No scorers: evaluations take types as they are, such as exact (see `scorer types`)."
    list_kind("scorer", limit=limit, cursor=cursor, namespace=namespace, empty=empty)


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
