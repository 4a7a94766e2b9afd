"""`mcp-engine export`: prompts and datasets as folders, and for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli.client import Api
from mcp_engine.cli.collecting import Collector
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.importing import SkipFaulty, TrackingUri
from mcp_engine.cli.references import Namespace
from mcp_engine.cli.transfer import Report, unreadable

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
