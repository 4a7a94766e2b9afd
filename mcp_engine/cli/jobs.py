"""`mcp-engine job`: background jobs and how far they are."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.groups import CommandGroup

commands = CommandGroup("Jobs: durable work in the background, such as indexing documents.")
JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]


@commands.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, succeeded, failed or cancelled.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as rag.index.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only those of this namespace.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
) -> None:
    """List jobs, newest first."""
    page = Api().get("/jobs", state=state, kind=kind, namespace=namespace, limit=limit, cursor=cursor)
    rows = [(job["id"], job["kind"], job["state"], _progress(job), job["error_message"] or "") for job in page["items"]]
    output.emit(page, output.table(["ID", "KIND", "STATE", "PROGRESS", "ERROR"], rows, empty="There are no jobs."))


@commands.command()
def show(job_id: JobId) -> None:
    """Show one job."""
    _emit(Api().get(f"/jobs/{Api.quote(job_id)}"))


@commands.command()
def cancel(job_id: JobId) -> None:
    """Stop a job for good."""
    _emit(Api().post(f"/jobs/{Api.quote(job_id)}/cancel"))


@commands.command()
def retry(job_id: JobId) -> None:
    """Queue a failed or cancelled job again."""
    _emit(Api().post(f"/jobs/{Api.quote(job_id)}/retry"))


def _emit(job: dict[str, Any]) -> None:
    rows = [(name, value) for name, value in job.items() if value is not None]
    output.emit(job, output.table(["FIELD", "VALUE"], rows, empty=""))


def _progress(job: dict[str, Any]) -> str:
    return f"{job['progress_done']}/{job['progress_total']}" if job["progress_total"] else ""
