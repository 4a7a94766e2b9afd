"""`mcp-engine export`: prompts and datasets as folders, and for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli.client import Api
from mcp_engine.cli.collecting import Collector
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.importing import LangfuseHost, SkipFaulty, TrackingUri
from mcp_engine.cli.references import Namespace
from mcp_engine.cli.transfer import Report, unreadable, write_text

commands = CommandGroup("Export prompts and datasets: to folders and to other systems.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]
Prompts = Annotated[list[str] | None, typer.Option("--prompt", help="Only this prompt; repeat it.")]
Datasets = Annotated[list[str] | None, typer.Option("--dataset", help="Only this dataset; repeat it.")]


@commands.command()
def folder(
    folder: Annotated[Path, typer.Argument(help="Made where it does not exist; versions in it are never changed.")],
    prompt: Prompts = None,
    dataset: Datasets = None,
    dry_run: DryRun = False,
    namespace: Namespace = "default",
) -> None:
    """Write every version, label and row as files that git likes."""
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.folder import files_of, write_files
    from mcp_engine.exchange.parcel import Parcel

    parcel, collector = Parcel(), Collector(Api(), namespace)
    if prompt or not dataset:
        collector.prompts(parcel, prompt or [])
    if dataset or not prompt:
        collector.datasets(parcel, dataset or [])
    report = Report(dry_run)
    report.take(parcel.remarks)
    report.refuse_faults("--prompt and --dataset")
    try:
        written = write_files(folder, files_of(parcel), dry_run=dry_run)
    except (EngineError, OSError) as error:
        raise unreadable(error) from error
    for path, new in written.items():
        report.add(path, "made" if new else "there already")
    report.emit()


@commands.command()
def mlflow(
    tracking_uri: TrackingUri = None,
    prompt: Prompts = None,
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Register versions in MLflow's registry, and point aliases where the labels point."""
    from mcp_engine.cli.sending import MlflowSender, opened
    from mcp_engine.exchange.parcel import Parcel

    registry, parcel = opened(tracking_uri), Parcel()
    Collector(Api(), namespace).prompts(parcel, prompt or [])
    MlflowSender(registry, Report(dry_run)).run(parcel, skip_faulty=skip_faulty)


@commands.command()
def promptfoo(
    reference: Annotated[list[str], typer.Argument(metavar="NAME[@LABEL|/VERSION]...", help="One prompt or more.")],
    dataset: Annotated[str | None, typer.Option(help="The tests: a dataset as NAME[@LABEL|/VERSION].")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Written anew.")] = Path("promptfooconfig.yaml"),
    provider: Annotated[
        list[str] | None, typer.Option(help="As promptfoo names it; repeat it. Default: echo, which calls no model.")
    ] = None,
    dry_run: DryRun = False,
    namespace: Namespace = "default",
) -> None:
    """Write a configuration of promptfoo: prompts to compare, and a dataset as its tests."""
    from mcp_engine.exchange.parcel import Parcel
    from mcp_engine.exchange.promptfoo.writing import config_text

    parcel, collector = Parcel(), Collector(Api(), namespace)
    versions = [collector.version(one) for one in reference]
    description, rows = ("", []) if dataset is None else collector.rows(parcel, dataset)
    described = description or f"{', '.join(one.subject for one in versions)} of MCP Engine"
    text = config_text(versions, rows, provider or ["echo"], described, parcel)
    report = Report(dry_run)
    report.take(parcel.remarks)
    report.refuse_faults("naming others")
    write_text(output, text, report)
    report.emit()


@commands.command()
def langfuse(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A JSON file of what its API takes. Default: a server.")
    ] = None,
    host: LangfuseHost = None,
    prompt: Prompts = None,
    dry_run: DryRun = False,
    skip_faulty: SkipFaulty = False,
    namespace: Namespace = "default",
) -> None:
    """Store versions in Langfuse, or in a file for it, and point labels where ours point.

    The keys of its project come from LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.
    """
    from mcp_engine.cli.sending import LangfuseSender
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.langfuse_api import LangfuseApi
    from mcp_engine.exchange.parcel import Parcel

    parcel, sender = Parcel(), LangfuseSender(Report(dry_run))
    collector = Collector(Api(), namespace)
    if output is not None:
        collector.prompts(parcel, prompt or [])
        sender.to_file(parcel, output, skip_faulty=skip_faulty)
        return
    try:
        opened = LangfuseApi.from_environment(host)
    except EngineError as error:
        raise unreadable(error) from error
    with opened as api:
        collector.prompts(parcel, prompt or [])
        sender.to_server(parcel, api, skip_faulty=skip_faulty)
