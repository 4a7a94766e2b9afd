"""`mcp-engine strategy`: retrieval strategies, as versions with labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.artifacts import (
    After,
    Before,
    Cursor,
    EarlierRelease,
    Label,
    Labels,
    Limit,
    Message,
    Number,
    OnlyLabel,
    OtherName,
    Override,
    Reason,
    diff_versions,
    list_kind,
    list_moves,
    list_versions,
    push_file,
    release,
    roll_back,
)
from mcp_engine.cli.client import Api
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, Reference, choice_of, path_of, say
from rag.strategy import KIND

if TYPE_CHECKING:
    from rich.console import Console

strategies = CommandGroup("Strategies: how questions are searched and answered, as versions with labels.")

_COLLECTION = f"artifacts/{KIND}"
Name = Annotated[str, typer.Argument(help="The strategy's name.")]


@strategies.command()
def push(
    file: Annotated[Path, typer.Argument(help="What differs from the default, as YAML or JSON (docs/documents.md).")],
    message: Message = "",
    name: OtherName = None,
    label: Labels = None,
    namespace: Namespace = "default",
) -> None:
    """Store a file as the next version; an identical version that exists is found instead."""
    wanted = "what differs from the default"
    push_file(KIND, file, wanted=wanted, message=message, name=name, labels=label, namespace=namespace)


@strategies.command("list")
def list_strategies(limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default") -> None:
    """List strategies with their latest version."""
    empty = "No strategies of your own: questions are answered by the built-in values of default."
    list_kind(KIND, limit=limit, cursor=cursor, namespace=namespace, empty=empty)


@strategies.command()
def get(reference: Reference, namespace: Namespace = "default") -> None:
    """Show a version with all its values."""
    found = Api().get(path_of(_COLLECTION, reference), **choice_of(reference), namespace=namespace)
    output.emit(found, lambda console: _render(console, found))


@strategies.command()
def versions(name: Name, limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default") -> None:
    """List the versions of a strategy, newest first."""
    list_versions(_path(name), limit=limit, cursor=cursor, namespace=namespace)


@strategies.command()
def diff(name: Name, before: Before, after: After, namespace: Namespace = "default") -> None:
    """Show what changed between two versions: the values line by line, and each by its path."""
    diff_versions(_path(name), before, after, namespace=namespace)


@strategies.command()
def label(
    name: Name,
    version: Number,
    label: Label,
    reason: Reason = "",
    override: Override = False,
    namespace: Namespace = "default",
) -> None:
    """Release a version under a label; the move is kept in the history and the audit log."""
    release(_path(name), name, version, label, reason=reason, override=override, namespace=namespace)


@strategies.command()
def rollback(
    name: Name,
    label: Label = "production",
    version: EarlierRelease = None,
    reason: Reason = "",
    namespace: Namespace = "default",
) -> None:
    """Point a label again at an earlier release, with the lock of that time; no gate is asked."""
    roll_back(_path(name), name, label, version=version, reason=reason, namespace=namespace)


@strategies.command()
def history(
    name: Name, label: OnlyLabel = None, limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default"
) -> None:
    """List the moves of a strategy's labels, newest first."""
    list_moves(f"{_path(name)}/label-history", label=label, limit=limit, cursor=cursor, namespace=namespace)


def _path(name: str) -> str:
    return f"/{_COLLECTION}/{Api.quote(name)}"


def _render(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['name']}/{found['number']}  {found['message']}".rstrip())
    say(console, json.dumps(found["body"], indent=2, ensure_ascii=False))
