"""How commands name versions of artifacts, and how they show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

Namespace = Annotated[str, typer.Option("--namespace", "-n", help="The namespace (project) to work in.")]
Reference = Annotated[
    str, typer.Argument(metavar="NAME[@LABEL|/VERSION]", help="Such as greet, greet@production, greet/3.")
]


def path_of(collection: str, reference: str) -> str:
    """Return the path of the artifact that a reference names, such as `/prompts/greet`."""
    return f"/{collection}/{Api.quote(reference.partition('@')[0].partition('/')[0])}"


def choice_of(reference: str) -> dict[str, Any]:
    """Return the version or label in a reference; the server refuses both together."""
    rest, at, label = reference.partition("@")
    _, slash, number = rest.partition("/")
    choice: dict[str, Any] = {"label": label} if at else {}
    if slash:
        if not (number.isascii() and number.isdigit()):
            raise CommandFailed(f"{reference!r}: after the slash stands a version number.", ExitCode.USAGE)
        choice["version"] = int(number)
    return choice


def named_values(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Return the values in `name=text` and `name:=JSON`, as `option` was given them."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.rstrip(":"):
            raise CommandFailed(f"{option} {pair!r}: write name=value, or name:=JSON.", ExitCode.USAGE)
        values[name.removesuffix(":")] = json_value(value, f"{option} {name}") if name.endswith(":") else value
    return values


def json_value(text: str, where: str) -> Any:
    """Return the value of a JSON text; a bad one ends the command and names `where` it stood."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandFailed(f"{where} is no JSON: {error}", ExitCode.USAGE) from error


def moment(text: str) -> str:
    return text[:16].replace("T", " ")


def pointers(item: dict[str, Any]) -> str:
    """Return where the labels of an artifact point: `production→3`."""
    return " ".join(f"{label}→{number}" for label, number in sorted(item["labels"].items()))


def shown_labels(labels: Sequence[str]) -> str:
    return f"({', '.join(labels)})" if labels else ""


def proof_of(move: dict[str, Any]) -> str:
    """Return what a move of a label rests on, in words; nothing where no gate was asked."""
    if move["restores"] is not None:
        return "rolled back"
    certificate = move["certificate"]
    if certificate is None:
        return ""
    if certificate["proof"] == "none":
        return "promoted without proof"
    return "proved" if move["standing"] else "proved then; what it rests on has changed"


def say(console: Console, text: str) -> None:
    """Print a line in which brackets are no markup."""
    console.print(text, markup=False)
