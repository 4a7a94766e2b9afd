"""Commands on documents, and the question."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.transfer import every
from rag.cli_options import (
    CollectionOption,
    GroupsOption,
    MetadataOption,
    NamespaceOption,
    PatternsOption,
    PeopleOption,
    SinceOption,
    StrategyOption,
    TypesOption,
    UntilOption,
    WhereOption,
    filters_of,
    readers_of,
    upload_fields,
)
from rag.cli_watching import File, changes, show_change, stamps
from rag.connectors.globs import wanted
from rag.odds import probability
from rag.why.shown import render_why

if TYPE_CHECKING:
    from rich.console import Console

documents = CommandGroup("Documents: add, list, search, remove.")
asking = CommandGroup()

POLL_SECONDS = 0.5
_LAST = "last"
_ID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_NEAREST = (
    "The nearest passages begin as follows. Relevance ranks them, from 0 to 1, whether or not they answer; "
    "confidence estimates whether they do."
)
SHOWN_CHARACTERS = 300
"""How much of each passage beside a refusal; `docs search` prints them whole."""


@documents.command()
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, and folders with all below but hidden files and pictures.")
    ],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    group: GroupsOption = None,
    person: PeopleOption = None,
    metadata: MetadataOption = None,
    wait: Annotated[bool, typer.Option(help="Follow the indexing until it is done.")] = True,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, until Ctrl-C, with what is new or changes.")] = False,
) -> None:
    """Add documents; unchanged ones are left alone, changed ones become a new version."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    files = list(_files(paths))
    if not files:
        raise CommandFailed("There is no file to add in what you named.", ExitCode.USAGE)
    fields = upload_fields(readers_of(group, person), metadata)
    api, seen = Api(), stamps(files)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output.error_console()) as progress:
        uploading = progress.add_task("Uploading", total=len(files))
        results: list[dict[str, Any]] = []
        for file in files:
            results.append(_upload(api, file, collection, namespace, fields))
            progress.advance(uploading)
        if wait:
            pending = [one for one in results if one.get("outcome") in ("added", "changed", "restored", "retried")]
            indexing = progress.add_task("Indexing", total=len(pending))
            _follow(api, pending, lambda: progress.advance(indexing))
    output.emit({"items": results}, lambda console: _render_added(console, results))
    if watch:
        for file in changes(lambda: _files(paths), seen):
            show_change(_upload(api, file, collection, namespace, fields))
    if any(one["state"] in ("failed", "cancelled") for one in results):
        raise CommandFailed("Some documents could not be added; the others are.", ExitCode.FAILED)


@documents.command("list")
def list_documents(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    namespace: NamespaceOption = "default",
) -> None:
    """List collections, or the documents of one with their state."""
    api = Api()
    if collection is None:
        rows = list(every(api, "/collections", namespace=namespace))
        cells = [(row["name"], row["documents"], row["chunks"]) for row in rows]
        empty = "No collection yet; `mcp-engine docs add PATH --collection NAME` makes one."
        output.emit({"items": rows}, output.table(("collection", "documents", "passages"), cells, empty=empty))
        return
    rows = [_line(row) for row in every(api, f"/collections/{api.quote(collection)}/documents", namespace=namespace)]
    columns = ("name", "version", "state", "pages", "bytes", "id", "problem")
    cells = [[row[column] for column in columns] for row in rows]
    empty = "No documents; `mcp-engine docs add PATH` adds some."
    output.emit({"items": rows}, output.table(columns, cells, empty=empty))


@documents.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many passages.")] = 5,
    document: PatternsOption = None,
    media_type: TypesOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
) -> None:
    """Show the nearest passages with their places."""
    api = Api()
    body = {"query": query, "limit": limit, **filters_of(document, media_type, since, until, where)}
    found = api.post(f"/collections/{api.quote(collection)}/search", body, namespace=namespace)
    output.emit({"items": found["passages"]}, lambda console: _render_passages(console, found["passages"]))


@documents.command()
def remove(
    document: Annotated[str, typer.Argument(help="Its name in the collection, or its id.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
) -> None:
    """Take a document out of search; citations of it still open."""
    api = Api()
    removed = api.delete(f"/documents/{document_id(api, document, collection, namespace)}")
    output.emit(removed, lambda console: console.print(f"Removed {removed['name']} from search.", markup=False))


@asking.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    strategy: StrategyOption = "default",
    stream: Annotated[bool, typer.Option("--stream", help="Print the answer while it arrives.")] = False,
    document: PatternsOption = None,
    media_type: TypesOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    follows: Annotated[
        str | None,
        typer.Option(
            metavar="EXECUTION",
            help="The answer that this question goes on from, so that it may say “it”; `last` is your last one.",
        ),
    ] = None,
) -> None:
    """Ask a collection; the answer is verbatim sentences with checked citations, or a refusal."""
    api = Api()
    body = {
        "question": question, "collection": collection, "strategy": strategy, "stream": stream,
        **filters_of(document, media_type, since, until, where),
    }  # fmt: skip
    if follows is not None:
        body["follows"] = _answer_before(api, follows)
    if not stream:
        answer = api.post("/ask", body, namespace=namespace)
        output.emit(answer, lambda console: _render_answer(console, answer, with_text=True))
        return
    for event, data in api.stream("POST", "/ask", body, namespace=namespace):
        if output.is_json():
            output.print_json_line({"event": event, "data": data})
        elif event == "delta":
            output.write(data["text"])
        elif event == "completed":
            output.write("" if data["refused"] else "\n")
            _render_answer(output.console(), data, with_text=False)


@asking.command()
def why(
    question: Annotated[str, typer.Argument(help="The question.")],
    document: Annotated[str, typer.Option("--document", metavar="NAME", help="The document: its name, or its id.")],
    text: Annotated[str | None, typer.Option(help="Words that you expected; without them the nearest passage.")] = None,
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    strategy: StrategyOption = "default",
    among: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="As --document of `ask`.")] = None,
    media_type: TypesOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="QUESTION", help="Of a follow-up: a question that it was asked together with; repeat it."),
    ] = None,
) -> None:
    """Say what became of a passage that you expected in an answer, stage by stage, with scores."""
    api = Api()
    body = {
        "question": question, "document": document, "text": text, "strategy": strategy, "context": context or [],
        **filters_of(among, media_type, since, until, where),
    }  # fmt: skip
    found = api.post(f"/collections/{api.quote(collection)}/why", body, namespace=namespace)
    output.emit(found, lambda console: render_why(console, found))


def _files(paths: Sequence[Path]) -> Iterator[File]:
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                below = file.relative_to(path)
                if file.is_file() and wanted(below.as_posix(), (), ()):
                    yield File(file, below.as_posix())
        elif path.is_file():
            yield File(path, path.name)
        else:
            raise CommandFailed(f"{path} is neither a file nor a folder.", ExitCode.USAGE)


def document_id(api: Api, document: str, collection: str, namespace: str, *, removed: bool = False) -> str:
    """Return the id of a document of a collection, from its name or id."""
    path = f"/collections/{api.quote(collection)}/documents"
    listed = every(api, path, namespace=namespace, removed=removed)
    found = next((row["id"] for row in listed if document in (row["name"], row["id"])), None)
    if found is None:
        raise CommandFailed(
            f"{collection} has no document {document!r}; see `docs list -c {collection}`.", ExitCode.REFUSED
        )
    return found


def _upload(api: Api, file: File, collection: str, namespace: str, fields: dict[str, str]) -> dict[str, Any]:
    """Return one line of the result; a refused document does not stop the others."""
    try:
        added = api.upload(
            f"/collections/{api.quote(collection)}/documents", file.path, name=file.path.name,
            fields={"name": file.name, **fields}, namespace=namespace,
        )  # fmt: skip
    except CommandFailed as failure:
        if failure.exit_code is not ExitCode.REFUSED:
            raise
        return {"name": file.name, "outcome": "refused", "state": "failed", "problem": failure.message}
    return {"outcome": added["outcome"], **_line(added["document"])}


def _line(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document and its latest version as one flat line."""
    latest = document["latest"]
    return {
        "name": document["name"], "id": document["id"], "version": latest["number"], "state": latest["state"],
        "pages": latest["pages"], "bytes": latest["bytes"], "digest": latest["digest"], "job_id": latest["job_id"],
        "unread_pages": latest["unread_pages"], "metadata": document["metadata"],
        "problem": latest["error_message"] or _unread(latest["unread_pages"]),
    }  # fmt: skip


def _unread(pages: int | None) -> str | None:
    """Return what to say of pages that nothing could read."""
    if not pages:
        return None
    which = "1 page holds" if pages == 1 else f"{pages} pages hold"
    return f"{which} no text: with the extra `ocr` add the document again"


def _follow(api: Api, pending: list[dict[str, Any]], done: Callable[[], object]) -> None:
    """Wait for the indexing of what was added, telling `done` of each that ends."""
    waiting = list(pending)
    while waiting:
        still: list[dict[str, Any]] = []
        for one in waiting:
            one.update(_line(api.get(f"/documents/{one['id']}")))
            if one["state"] in ("indexed", "failed", "cancelled"):
                done()
            else:
                still.append(one)
        waiting = still
        if waiting:
            time.sleep(POLL_SECONDS)


def _render_added(console: Console, results: list[dict[str, Any]]) -> None:
    cells = [(one["name"], one["outcome"], one.get("version"), one["state"], one["problem"]) for one in results]
    output.table(("document", "outcome", "version", "state", "problem"), cells, empty="Nothing was added.")(console)


def _answer_before(api: Api, follows: str) -> str:
    """Return the execution of an answer; `last` is the latest question of who asks."""
    if follows != _LAST:
        if not _ID.fullmatch(follows):
            raise CommandFailed(f"{follows!r} is no execution: give an answer's id, or `last`.", ExitCode.USAGE)
        return follows
    me = api.get("/me")["principal"]["id"]
    found = api.get("/executions", kind="ask", actor=me, limit=1)["items"]
    if not found:
        raise CommandFailed("You asked nothing yet: leave --follows out.", ExitCode.USAGE)
    return str(found[0]["id"])


def _render_answer(console: Console, answer: dict[str, Any], *, with_text: bool) -> None:
    if answer["context"]:
        console.print(f"Understood together with: {' '.join(answer['context'])}\n", markup=False, style="dim")
    if answer["queries"]:
        console.print(f"Also searched for: {' · '.join(answer['queries'])}\n", markup=False, style="dim")
    if answer["reranking"]:
        report = answer["reranking"]
        ordered = report["failed"] or f"Passages ordered by {report['model']}, of {report['candidates']}."
        console.print(f"{ordered}\n", markup=False, style="dim")
    if answer["judging"]:
        judge, own = answer["judging"], answer["own_confidence"]
        said = f"The judge {judge['model']} says {probability(judge['score']):.2f}, the engine's own check {own:.2f}."
        console.print(f"{said}\n", markup=False, style="dim")
    if answer["refused"]:
        console.print(f"No answer. {answer['reason']}", markup=False)
        for citation in answer["citations"]:
            console.print(f"\n[{citation['n']}] {_place(citation)}", markup=False, style="bold")
            console.print(citation["cited_text"], markup=False)
        if answer["passages"] and not answer["citations"]:
            console.print(f"{_NEAREST}\n", markup=False)
            _render_passages(console, answer["passages"][:3], characters=SHOWN_CHARACTERS)
    else:
        if with_text:
            console.print(answer["text"], markup=False)
        console.print()
        for citation in answer["citations"]:
            console.print(f"  [{citation['n']}] {_place(citation)}", markup=False, style="dim")
    sure = "" if answer["reason_code"] == "conflicting" else f"confidence {answer['confidence']:.2f} · "
    again = f" · from the cache: answered first by {answer['cached_from']}" if answer["cached_from"] else ""
    console.print(f"\n{sure}execution {answer['execution_id']}{again}", markup=False, style="dim")


def _render_passages(console: Console, passages: list[dict[str, Any]], characters: int | None = None) -> None:
    if not passages:
        console.print("Nothing was found.", markup=False)
    for passage in passages:
        console.print(f"{_place(passage)}  relevance {passage['score']:.2f}", markup=False, style="bold")
        text = _beginning(passage["text"].strip(), characters)
        console.print(text + "\n", markup=False)


def _beginning(text: str, characters: int | None) -> str:
    if characters is None or len(text) <= characters:
        return text
    return text[:characters].rsplit(maxsplit=1)[0] + " …"


def _place(found: dict[str, Any]) -> str:
    version = found["version"]
    page = f", page {found['page']}" if found["page"] is not None else ""
    return f"{version['document']} v{version['number']}{page}, {found['start']}-{found['end']}"
