"""Artifacts of any kind: pushing files, listing, comparing versions, releasing, and going back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.references import moment, pointers, proof_of, say

if TYPE_CHECKING:
    from rich.console import Console

Message = Annotated[str, typer.Option("--message", "-m", help="What changed and why.")]
OtherName = Annotated[str | None, typer.Option("--name", help="Instead of the file's own name.")]
Labels = Annotated[list[str] | None, typer.Option("--label", help="Point this label at the version; repeat it.")]
Reason = Annotated[str, typer.Option("--reason", "--message", "-m", help="Why, for the history.")]
Number = Annotated[int, typer.Argument(min=1, help="The version's number.")]
Label = Annotated[str, typer.Argument(help="Such as production.")]
OnlyLabel = Annotated[str | None, typer.Option("--label", help="Only of this label.")]
Override = Annotated[
    bool, typer.Option("--override", help="Without the evidence that a gate wants; it shows for ever.")
]
EarlierRelease = Annotated[
    int | None, typer.Option("--version", min=1, help="An earlier release; without it, the one before.")
]
Before = Annotated[str, typer.Argument(metavar="FROM", help="A version's number, or a label.")]
After = Annotated[str, typer.Argument(metavar="TO", help="A version's number, or a label.")]
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


def list_versions(artifact: str, *, limit: int, cursor: str | None, namespace: str) -> None:
    """List the versions of the artifact at a path, newest first."""
    page = Api().get(f"{artifact}/versions", limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["number"], " ".join(item["labels"]), item["digest"][:12], moment(item["created_at"]), item["message"])
        for item in page["items"]
    ]
    output.emit(page, output.table(["VERSION", "LABELS", "DIGEST", "PUSHED", "MESSAGE"], rows, empty="No versions."))


def diff_versions(artifact: str, before: str, after: str, *, namespace: str) -> None:
    """Show what changed between two versions of the artifact at a path."""
    # `from` is a word of Python.
    query: dict[str, Any] = {"from": before, "to": after, "namespace": namespace}
    found = Api().get(f"{artifact}/diff", **query)
    output.emit(found, lambda console: _render_diff(console, found))


def release(artifact: str, name: str, version: int, label: str, *, reason: str, override: bool, namespace: str) -> None:
    """Point a label of the artifact at a path at a version."""
    body = {"version": version, "reason": reason, "override": override}
    _emit_move(name, Api().put(f"{artifact}/labels/{Api.quote(label)}", body, namespace=namespace))


def roll_back(artifact: str, name: str, label: str, *, version: int | None, reason: str, namespace: str) -> None:
    """Point a label of the artifact at a path again at an earlier release."""
    body = {"version": version, "reason": reason}
    _emit_move(name, Api().post(f"{artifact}/labels/{Api.quote(label)}/rollback", body, namespace=namespace))


def list_moves(path: str, *, label: str | None, limit: int, cursor: str | None, namespace: str) -> None:
    """List the moves of labels that stand at a path, newest first."""
    page = Api().get(path, label=label, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (
            moment(item["moved_at"]),
            item["label"],
            item["from_number"],
            item["to_number"],
            proof_of(item),
            item["reason"],
            item["event_id"],
        )
        for item in page["items"]
    ]
    columns = ["MOVED", "LABEL", "FROM", "TO", "PROOF", "MESSAGE", "ID"]
    output.emit(page, output.table(columns, rows, empty="No label was ever moved."))


def _emit_move(name: str, moved: dict[str, Any]) -> None:
    origin = "" if moved["from_number"] is None else f" (was {moved['from_number']})"
    proof = proof_of(moved)
    told = f"{name}@{moved['label']} is now version {moved['to_number']}{origin}{proof and f', {proof}'}."
    output.emit(moved, lambda console: say(console, told))


def _render_diff(console: Console, found: dict[str, Any]) -> None:
    from rich.text import Text

    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in found["text"].split("\n") if found["text"] else ():
        console.print(Text(line, style=styles.get(line[:1], "")))
    for path, change in found["settings"].items():
        before, after = (json.dumps(change[side], ensure_ascii=False) for side in ("before", "after"))
        say(console, f"{path}: {before} → {after}")
    if found.get("frozen_changed"):
        say(console, "Frozen text differs.")
    if found["identical"]:
        say(console, "The versions are identical.")
