"""Artifacts whose body is a file: pushing them, and listing them with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.references import moment, pointers, say

Message = Annotated[str, typer.Option("--message", "-m", help="What changed and why.")]
OtherName = Annotated[str | None, typer.Option("--name", help="Instead of the file's own name.")]
Labels = Annotated[list[str] | None, typer.Option("--label", help="Point this label at the version; repeat it.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many at the most.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="`next_cursor` of the page before (see --json).")]


def push_file(
    kind: str, file: Path, *, wanted: str, message: str, name: str | None, labels: Sequence[str] | None, namespace: str
) -> None:
    """Store a file as the next version, and say which it is.

    Args:
        wanted: what the file should hold.
        name: instead of the file's own.
    """
    chosen = file.stem if name is None else name
    body = {"body": read_body(file, wanted), "message": message, "labels": [*(labels or ())]}
    pushed = Api().post(f"/artifacts/{kind}/{Api.quote(chosen)}", body, namespace=namespace)
    verb = "Pushed" if pushed["created"] else "Unchanged: this is"
    output.emit(pushed, lambda console: say(console, f"{verb} {pushed['name']}/{pushed['number']}"))


def list_kind(kind: str, *, limit: int, cursor: str | None, namespace: str, empty: str) -> None:
    """List the artifacts of a kind with their latest version; `empty` is said where there are none."""
    page = Api().get(f"/artifacts/{kind}", limit=limit, cursor=cursor, namespace=namespace)
    rows = [(item["name"], item["latest"], pointers(item), moment(item["updated_at"])) for item in page["items"]]
    output.emit(page, output.table(["NAME", "LATEST", "LABELS", "UPDATED"], rows, empty=empty))
