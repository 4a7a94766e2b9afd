"""`mcp-engine import`: prompts and datasets of other systems and of folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import Namespace
from mcp_engine.cli.transfer import Importer, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection

    from mcp_engine.exchange.mlflow_prompts import MlflowVersion
    from mcp_engine.exchange.parcel import Parcel

commands = CommandGroup("Import prompts and datasets: from folders and from other systems.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be made, and make nothing.")]
SkipFaulty = Annotated[
    bool, typer.Option("--skip-faulty", help="Leave out what can't be brought over, instead of bringing nothing.")
]

LangfuseHost = Annotated[
    str | None, typer.Option("--host", help="Such as https://cloud.langfuse.com. Default: LANGFUSE_HOST.")
]
TrackingUri = Annotated[
    str | None, typer.Option(help="Such as http://localhost:5000 or sqlite:///mlflow.db. Default: MLFLOW_TRACKING_URI.")
]
Provider = Annotated[
    str | None, typer.Option(help="The provider here that has models which are named without one, such as openai.")
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


@commands.command()
def mlflow(
    tracking_uri: TrackingUri = None,
    prompt: Annotated[list[str] | None, typer.Option("--prompt", help="Only this prompt; repeat it.")] = None,
    provider: Provider = None,
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Import prompts of MLflow's registry: versions, aliases as labels, tags, model configuration."""
    from mcp_engine.cli.sending import opened
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.mlflow_prompts import to_parcel

    registry = opened(tracking_uri)
    try:
        names = prompt or registry.names()
        with progress_bar("Reading MLflow", len(names)) as advance:
            found: dict[str, dict[int, MlflowVersion]] = {}
            aliases: dict[str, dict[str, int]] = {}
            for name in names:
                found[name], aliases[name] = registry.versions(name)
                advance()
    except EngineError as error:
        raise unreadable(error) from error
    _bring(to_parcel(found, aliases, provider=provider), namespace, dry_run=dry_run, skip_faulty=skip_faulty)


@commands.command()
def promptfoo(
    file: Annotated[Path, typer.Argument(help="A promptfooconfig.yaml (or .json).")],
    dataset: Annotated[str | None, typer.Option(help="How the tests are called here. Default: as the file.")] = None,
    root: Annotated[
        Path | None, typer.Option(help="The files it names must lie below this folder. Default: the file's own.")
    ] = None,
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Import a configuration of promptfoo: its prompts, and its tests as a dataset. No code of it is run."""
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.promptfoo.reading import read_config

    try:
        parcel = read_config(file, root=root, dataset=dataset)
    except (EngineError, OSError) as error:
        raise unreadable(error) from error
    _bring(parcel, namespace, dry_run=dry_run, skip_faulty=skip_faulty)


@commands.command()
def langfuse(
    file: Annotated[
        Path | None, typer.Argument(help="Answers of its API, or what `export langfuse -o` wrote. Default: a server.")
    ] = None,
    host: LangfuseHost = None,
    prompt: Annotated[list[str] | None, typer.Option("--prompt", help="Only this prompt; repeat it.")] = None,
    provider: Provider = None,
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Import prompts of Langfuse: versions, labels, tags, configuration, includes.

    The keys of its project come from LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.
    """
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.langfuse import to_parcel

    try:
        found = _of_langfuse(host, prompt) if file is None else _of_langfuse_file(file)
        _chosen({one["name"] for one in found}, prompt)
        found = [one for one in found if not prompt or one["name"] in prompt]
        parcel = to_parcel(found, provider=provider)
    except (EngineError, OSError) as error:
        raise unreadable(error) from error
    _bring(parcel, namespace, dry_run=dry_run, skip_faulty=skip_faulty)


def _of_langfuse(host: str | None, only: list[str] | None) -> list[dict[str, Any]]:
    from mcp_engine.exchange.langfuse_api import LangfuseApi

    found: list[dict[str, Any]] = []
    with LangfuseApi.from_environment(host) as api:
        there = api.names()
        names = {name: there[name] for name in _chosen(there, only)}
        with progress_bar("Reading Langfuse", sum(map(len, names.values()))) as advance:
            for name, numbers in sorted(names.items()):
                for number in sorted(numbers):
                    found.append(api.version(name, number))
                    advance()
    return found


def _chosen(there: Collection[str], only: list[str] | None) -> list[str]:
    """Return the names to bring over: all, or those that were asked for, which must exist."""
    missing = [name for name in only or () if name not in there]
    if missing:
        raise CommandFailed(f"No prompt is named {missing[0]!r} there.", ExitCode.REFUSED)
    return sorted(only or there)


def _of_langfuse_file(file: Path) -> list[dict[str, Any]]:
    from mcp_engine.errors import InvalidInput
    from mcp_engine.exchange.langfuse import checked_payloads

    try:
        value = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput("exchange.langfuse_invalid", f"{file} is no JSON: {error}.") from error
    return checked_payloads(value, str(file))


def _bring(parcel: Parcel, namespace: str, *, dry_run: bool, skip_faulty: bool) -> None:
    Importer(Api(), namespace, dry_run=dry_run, skip_faulty=skip_faulty).run(parcel)
