"""The command on kept answers."""

from __future__ import annotations

from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from rag.cli_options import CollectionOption, NamespaceOption
from rag.cli_sources import documents


@documents.command("answer-cache")
def answer_cache(
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    clear: Annotated[bool, typer.Option("--clear", help="Drop them, so that each question is asked anew.")] = False,
) -> None:
    """Show how many answers are kept to be given again, and how often they were."""
    api = Api()
    path = f"/collections/{api.quote(collection)}/answer-cache"
    if clear:
        dropped = api.delete(path, namespace=namespace)
        said = f"{dropped['entries']} kept answers of {collection} were dropped."
        output.emit(dropped, lambda console: console.print(said, markup=False))
        return
    found = api.get(path, namespace=namespace)
    said = f"{collection}: no answer is kept."
    if found["entries"]:
        kept = "1 answer is" if found["entries"] == 1 else f"{found['entries']} answers are"
        again = "once" if found["hits"] == 1 else f"{found['hits']} times"
        said = f"{collection}: {kept} kept, given again {again} ({found['hit_rate']:.0%} of the times they were given)."
    output.emit(found, lambda console: console.print(said, markup=False))
