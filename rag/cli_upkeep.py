"""Commands on what becomes of documents: who may read them, metadata, duplicates, and answers without support."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.following import followed
from mcp_engine.cli.transfer import every
from rag.cli import document_id, documents
from rag.cli_options import (
    CollectionOption,
    GroupsOption,
    MetadataOption,
    NamespaceOption,
    PeopleOption,
    readers_of,
)
from rag.metadata.typed import metadata_of

if TYPE_CHECKING:
    from rich.console import Console

_LIKENESS = {"same_file": "the same file as", "same_text": "the same text as"}
_STANDINGS = ("gone", "nearly", "verbatim")
_STANDS = {"gone": "is gone", "nearly": "stands nearly", "verbatim": "stands"}


@documents.command()
def readers(
    document: Annotated[str, typer.Argument(help="Its name in the collection, or its id.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    group: GroupsOption = None,
    person: PeopleOption = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Let everyone in the tenant read it again.")] = False,
) -> None:
    """Show who may read a document; with options, say who alone may, yourself among them."""
    wanted = readers_of(group, person)
    if everyone and wanted is not None:
        raise CommandFailed("Give --everyone, or --group and --person.", ExitCode.USAGE)
    api = Api()
    path = f"/documents/{document_id(api, document, collection, namespace, removed=True)}/readers"
    shown = api.get(path) if wanted is None and not everyone else None
    found = shown or (api.delete(path) if everyone else api.put(path, wanted))
    output.emit(found, lambda console: _render_readers(console, document, found))


def _render_readers(console: Console, document: str, found: dict[str, Any]) -> None:
    if not found["restricted"]:
        console.print(f"Everyone in the tenant may read {document}.", markup=False)
        return
    console.print(f"Only these may read {document}:", markup=False)
    for noun, key in (("group", "groups"), ("person or machine", "principals")):
        for one in found[key]:
            console.print(f"  {noun} {one['name']}", markup=False)


@documents.command()
def metadata(
    document: Annotated[str, typer.Argument(help="Its name in the collection, or its id.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    metadata: MetadataOption = None,
    none: Annotated[bool, typer.Option("--none", help="Take all its metadata away.")] = False,
) -> None:
    """Show a document's metadata; with options, say what it is from now on, all of it."""
    if none and metadata:
        raise CommandFailed("Give --none, or --metadata.", ExitCode.USAGE)
    api = Api()
    wanted = metadata_of(metadata or ())
    path = f"/documents/{document_id(api, document, collection, namespace, removed=True)}/metadata"
    found = api.put(path, wanted) if wanted or none else api.get(path)
    cells = [(key, json.dumps(value, ensure_ascii=False)) for key, value in sorted(found.items())]
    empty = f"{document} has no metadata; --metadata KEY=VALUE gives it some."
    output.emit(found, output.table(("key", "value"), cells, empty=empty))


@documents.command()
def duplicates(collection: CollectionOption = "default", namespace: NamespaceOption = "default") -> None:
    """List documents that repeat each other; nothing is removed."""
    api = Api()
    groups = list(every(api, f"/collections/{api.quote(collection)}/duplicates", namespace=namespace))
    output.emit({"items": groups}, lambda console: _render_groups(console, groups))


def _render_groups(console: Console, groups: list[dict[str, Any]]) -> None:
    if not groups:
        console.print("No duplicates.", markup=False)
    for group in groups:
        console.print(f"{group['documents']} documents repeat each other", markup=False, style="bold")
        names = {one["document_id"]: one["document"] for one in group["members"]}
        for one in group["members"]:
            # Near is never the same, even where the estimate is 1.
            words = _LIKENESS.get(one["likeness"], f"{min(99, int(100 * one['similarity']))}% like")
            console.print(f"  {one['document']} v{one['number']}: {words} {names[one['nearest_id']]}", markup=False)
        if (more := group["documents"] - len(group["members"])) > 0:
            console.print(f"  and {more} more", markup=False)
    if groups:
        console.print("\n`mcp-engine docs remove NAME` takes one of them out of search.", markup=False, style="dim")


@documents.command()
def reindex(
    collection: Annotated[str, typer.Argument(help="The collection.")],
    namespace: NamespaceOption = "default",
    wait: Annotated[bool, typer.Option(help="Follow it until the new index is searched.")] = True,
) -> None:
    """Index a collection anew, as the strategy `default` says now; the old index is searched meanwhile."""
    api = Api()
    path = f"/collections/{api.quote(collection)}/reindexings"
    started = api.post(path, {}, namespace=namespace)
    if wait:
        job = followed(api, {"id": started["job_id"], "state": "queued"}, "/jobs", ("queued", "running"))
        if job["state"] != "succeeded":
            reason = job["error_message"] or f"It was {job['state']}."
            raise CommandFailed(f"The old index is still searched: {reason}", ExitCode.FAILED, job)
        started = api.get(path, namespace=namespace, limit=1)["items"][0]
    output.emit(started, lambda console: _render_reindexing(console, started))


def _render_reindexing(console: Console, found: dict[str, Any]) -> None:
    if found["switched_at"] is None:
        text = f"{found['collection']} is indexed anew by job {found['job_id']}; the old index is searched meanwhile."
    else:
        count = found["documents"]
        text = f"{found['collection']} is searched by {found['embedder']}; {count} documents were indexed anew."
    console.print(text, markup=False)


@documents.command()
def answers(
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    standing: Annotated[
        str, typer.Option(help="How the worst citation stands now: gone, nearly or verbatim.")
    ] = "gone",
    document: Annotated[str | None, typer.Option(help="Only those that cite this document: its name or id.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask each question again.")] = False,
) -> None:
    """List stored answers that lost their support because a document they cite changed."""
    if standing not in _STANDINGS:
        raise CommandFailed(f"--standing is one of: {', '.join(_STANDINGS)}.", ExitCode.USAGE)
    api = Api()
    path = f"/collections/{api.quote(collection)}"
    wanted = None if document is None else document_id(api, document, collection, namespace, removed=True)
    found = list(every(api, f"{path}/unsupported-answers", namespace=namespace, standing=standing, document_id=wanted))
    if again:
        for one in found:
            one["again"] = api.post(f"{path}/unsupported-answers/{one['execution_id']}/again", {}, namespace=namespace)
    output.emit({"items": found}, lambda console: _render_answers(console, found))


def _render_answers(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        console.print("No answer lost its support.", markup=False)
    for answer in found:
        console.print(answer["question"], markup=False, style="bold")
        for citation in answer["citations"]:
            console.print(f"  [{citation['n']}] {_citation_line(citation)}", markup=False)
        console.print(f"  execution {answer['execution_id']}", markup=False, style="dim")
        if (again := answer.get("again")) is not None:
            text = f"No answer. {again['reason']}" if again["refused"] else again["text"]
            console.print(f"  asked again: {text}", markup=False)
            console.print(f"  execution {again['execution_id']}", markup=False, style="dim")


def _citation_line(citation: dict[str, Any]) -> str:
    place = citation["place"]
    now = "" if place is None else f" in v{place['number']}, {place['start']}-{place['end']}"
    cited = f"{citation['document']} v{citation['number']}, {citation['start']}-{citation['end']}"
    return f"{cited} {_STANDS[citation['standing']]}{now}: {citation['cited_text']}"
