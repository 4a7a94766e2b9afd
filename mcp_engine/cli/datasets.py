"""`mcp-engine dataset`: push rows, look at them, make rows of stored runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, Reference, choice_of, moment, path_of, pointers, say, shown_labels

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Datasets: versioned rows to test on, with a sealed split for gates.")

Message = Annotated[str, typer.Option("--message", "-m", help="What changed and why.")]
Label = Annotated[list[str] | None, typer.Option(help="Point this label at the version; repeat it.")]
Extend = Annotated[bool, typer.Option("--extend", help="Keep the rows of the latest version, and add these.")]
Share = Annotated[list[str] | None, typer.Option(help="A split and its share, such as open=0.6 sealed=0.4; repeat it.")]
Tag = Annotated[list[str] | None, typer.Option(help="A tag; repeat it.")]


@commands.command()
def push(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSON Lines or Parquet.")],
    message: Message = "",
    name: Annotated[str | None, typer.Option(help="Instead of the file's own name.")] = None,
    expected: Annotated[str, typer.Option(help="The column with what should come out.")] = "expected",
    input_column: Annotated[
        list[str] | None, typer.Option("--input", help="A column of input; repeat it. Default: all others.")
    ] = None,
    metadata: Annotated[list[str] | None, typer.Option(help="A column that is kept beside; repeat it.")] = None,
    split: Annotated[str, typer.Option(help="The column that names each row's split.")] = "split",
    share: Share = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the shares.")] = 0,
    extend: Extend = False,
    label: Label = None,
    tag: Tag = None,
    description: Annotated[str | None, typer.Option(help="What the rows are.")] = None,
    namespace: Namespace = "default",
) -> None:
    """Store the rows of a file as the next version; an identical version that exists is found instead."""
    if not file.is_file():
        raise CommandFailed(f"{file} is no file.", ExitCode.USAGE)
    options = {
        "name": file.stem if name is None else name,
        "description": description,
        "tags": tag or None,
        "message": message,
        "labels": label or [],
        "extend": extend,
        "shares": _shares(share),
        "seed": seed,
    }
    columns = {"inputs": input_column or None, "expected": expected, "metadata": metadata or [], "split": split}
    fields = {"options": json.dumps(options), "columns": json.dumps(columns)}
    _emit_pushed(Api().upload("/datasets/upload", file, name=file.name, fields=fields, namespace=namespace))


@commands.command("from-executions")
def from_executions(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The dataset's name.")],
    execution: Annotated[list[str] | None, typer.Option(help="An execution's id; repeat it.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Instead: the last runs of this prompt.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs of the prompt.")] = 100,
    expected: Annotated[
        str, typer.Option(help="What is expected: output, demonstration or nothing.")
    ] = "demonstration",
    message: Message = "",
    share: Share = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the shares.")] = 0,
    extend: Extend = False,
    label: Label = None,
    namespace: Namespace = "default",
) -> None:
    """Make rows of stored runs: their variables, and what they gave or should have given."""
    if bool(execution) == (prompt is not None):
        raise CommandFailed("Give --execution or --prompt.", ExitCode.USAGE)
    api = Api()
    ids = execution or _runs_of(api, str(prompt), limit, namespace)
    body = {
        "name": name, "execution_ids": ids, "expected": expected, "message": message, "labels": label or [],
        "extend": extend, "shares": _shares(share), "seed": seed,
    }  # fmt: skip
    _emit_pushed(api.post("/datasets/from-executions", body, namespace=namespace))


@commands.command("list")
def list_datasets(
    prefix: Annotated[str, typer.Option(help="Only names that begin so.")] = "",
    text: Annotated[str, typer.Option(help="Only names or descriptions that hold this text.")] = "",
    tag: Annotated[str | None, typer.Option(help="Only datasets with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List datasets with their latest version and its splits."""
    page = Api().get("/datasets", prefix=prefix, text=text, tag=tag, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["name"], item["latest"], _counts(item["splits"]), pointers(item), moment(item["updated_at"]),
         item["description"])
        for item in page["items"]
    ]  # fmt: skip
    columns = ["NAME", "LATEST", "ROWS", "LABELS", "UPDATED", "DESCRIPTION"]
    output.emit(page, output.table(columns, rows, empty="No datasets: push a file by `dataset push FILE`."))


@commands.command()
def show(reference: Reference, namespace: Namespace = "default") -> None:
    """Show a version: its columns, and how many rows each split has."""
    found = Api().get(path_of("datasets", reference), **choice_of(reference), namespace=namespace)
    output.emit(found, lambda console: _render(console, found))


@commands.command()
def versions(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The dataset's name.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List the versions of a dataset, newest first."""
    page = Api().get(f"/datasets/{Api.quote(name)}/versions", limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["number"], " ".join(item["labels"]), item["digest"][:12], moment(item["created_at"]), item["message"])
        for item in page["items"]
    ]
    output.emit(page, output.table(["VERSION", "LABELS", "DIGEST", "PUSHED", "MESSAGE"], rows, empty="No versions."))


@commands.command()
def rows(
    reference: Reference,
    split: Annotated[str, typer.Option(help="The split to read; `sealed` is for gates alone.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List rows of a split."""
    path = f"{path_of('datasets', reference)}/rows"
    page = Api().get(path, **choice_of(reference), split=split, limit=limit, cursor=cursor, namespace=namespace)
    lines = [
        (item["position"], item["digest"][:12], *((_short(item["inputs"]), _short(item["expected"]))
         if not item["erased"] else ("(erased)", "")))
        for item in page["items"]
    ]  # fmt: skip
    output.emit(page, output.table(["ROW", "DIGEST", "INPUTS", "EXPECTED"], lines, empty="No rows."))


@commands.command()
def label(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The dataset's name.")],
    version: Annotated[int, typer.Argument(min=1, help="The version's number.")],
    label: Annotated[str, typer.Argument(help="Such as current.")],
    message: Annotated[str, typer.Option("--message", "-m", help="Why, for the history.")] = "",
    namespace: Namespace = "default",
) -> None:
    """Point a label at a version."""
    path = f"/datasets/{Api.quote(name)}/labels/{Api.quote(label)}"
    moved = Api().put(path, {"version": version, "reason": message}, namespace=namespace)
    output.emit(moved, lambda console: say(console, f"{name}@{label} is now version {moved['to_number']}."))


def _runs_of(api: Api, prompt: str, limit: int, namespace: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while len(found) < limit:
        page = api.get(
            "/executions", kind="prompt_run", artifact_name=prompt, status="succeeded", namespace=namespace,
            limit=min(200, limit - len(found)), cursor=cursor,
        )  # fmt: skip
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    if not found:
        raise CommandFailed(f"No run of {prompt!r} succeeded yet.", ExitCode.REFUSED)
    return found


def _shares(pairs: list[str] | None) -> dict[str, float]:
    shares: dict[str, float] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        try:
            shares[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise CommandFailed(f"--share {pair!r}: write a split and its share, such as sealed=0.4.", ExitCode.USAGE)
    return shares


def _emit_pushed(pushed: dict[str, Any]) -> None:
    verb = "Pushed" if pushed["created"] else "Unchanged: this is"
    counts = _counts({split: one["rows"] for split, one in pushed["splits"].items()})
    line = f"{verb} {pushed['name']}/{pushed['number']} {shown_labels(pushed['labels'])} {counts}"
    if pushed["repeated"]:
        line += f" ({pushed['repeated']:,} given twice, kept once)"
    output.emit(pushed, lambda console: say(console, " ".join(line.split())))


def _counts(splits: dict[str, int]) -> str:
    return " ".join(f"{split}:{count:,}" for split, count in splits.items())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:159] + "…"


def _render(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['name']}/{found['number']} {shown_labels(found['labels'])} {found['digest']}")
    for text in (found["message"], found["description"]):
        if text:
            say(console, text)
    columns = found["columns"]
    say(console, f"Inputs: {', '.join(columns['inputs'])}")
    if columns["metadata"]:
        say(console, f"Metadata: {', '.join(columns['metadata'])}")
    say(console, "Expected: " + ("given" if columns["expected"] else "nothing"))
    for split, one in found["splits"].items():
        say(console, f"{split}: {one['rows']:,} rows, {one['digest'][:12]}")
