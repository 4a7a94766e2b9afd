"""Commands on the vector store."""

from __future__ import annotations

from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from rag.cli_upkeep import documents


@documents.command()
def store() -> None:
    """Show which store finds passages, and how much it has not heard of yet."""
    found = Api().get("/vector-store")
    said = f"{found['name']}: up to date"
    if found["waiting"]:
        said = f"{found['name']}: {found['waiting']} versions wait since {found['waiting_since']}"
    if found["stale_collections"]:
        said += f"; of {found['stale_collections']} collections PostgreSQL is searched until then"
    output.emit(found, lambda console: console.print(said, markup=False))


@documents.command("reindex-store")
def reindex_store(
    empty_first: Annotated[
        bool, typer.Option("--empty-first", help="Remove everything of yours from the store before.")
    ] = False,
) -> None:
    """Bring every searched document over to the vector store; what is there already stays."""
    begun = Api().post("/vector-store/reindex", {"empty_first": empty_first})
    said = f"{begun['versions']} versions are brought over by job {begun['job_id']}."
    output.emit(begun, lambda console: console.print(said, markup=False))
