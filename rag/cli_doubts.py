"""Commands on answers in doubt: listing them, labelling them, and making labels a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from rag.cli_answer_cache import documents
from rag.cli_options import CollectionOption, NamespaceOption

if TYPE_CHECKING:
    from rich.console import Console

doubts = CommandGroup("Answers and refusals whose support is in doubt, and what people say of them.")
documents.add_group("doubt", doubts)

AnswerArgument = Annotated[str, typer.Argument(metavar="ID", help="The answer: its execution's id.")]


@doubts.command("list")
def list_doubts(
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    doubt: Annotated[
        str | None,
        typer.Option(
            help="Only for: unsupported, conflicting, low_confidence, partly_supported, lost_support, or disliked."
        ),
    ] = None,
    labelled: Annotated[bool, typer.Option("--labelled", help="Those that have a label.")] = False,
    below: Annotated[float, typer.Option(min=0, max=1, help="What counts as little confidence.")] = 0.6,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
) -> None:
    """List answers that wait for a label, newest first."""
    api = Api()
    query = {"doubt": doubt, "labelled": labelled, "confidence_below": below, "limit": limit, "cursor": cursor}
    page = api.get(_path(api, collection), namespace=namespace, **query)
    rows = [(one["execution_id"], one["question"], ", ".join(one["doubts"]), _verdict(one)) for one in page["items"]]
    output.emit(page, output.table(["ID", "QUESTION", "DOUBTS", "LABEL"], rows, empty="No answer is in doubt."))


@doubts.command()
def show(
    answer: AnswerArgument, collection: CollectionOption = "default", namespace: NamespaceOption = "default"
) -> None:
    """Show an answer in doubt with what it cites and the passages that stood near, by number."""
    api = Api()
    found = _found(api, answer, collection, namespace)
    output.emit(found, lambda console: _render(console, found))


@doubts.command()
def label(
    answer: AnswerArgument,
    verdict: Annotated[
        str, typer.Argument(help="supported, not_supported; of a refusal should_answer, rightly_refused; or skipped.")
    ],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    passage: Annotated[int | None, typer.Option(min=1, help="The passage that answers, as `show` counts.")] = None,
    words: Annotated[str | None, typer.Option("--answer", help="The answer as it should have been.")] = None,
    comment: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> None:
    """Say whether an answer is supported, or a refusal right."""
    api = Api()
    body: dict[str, Any] = {"verdict": verdict, "answer": words, "comment": comment}
    if passage is not None:
        passages = _found(api, answer, collection, namespace)["passages"]
        if passage > len(passages):
            raise CommandFailed(f"This answer has passages 1 to {len(passages)}.", ExitCode.USAGE)
        chosen = passages[passage - 1]
        place = {"version_id": chosen["version"]["version_id"], "start": chosen["start"], "end": chosen["end"]}
        body["passage"] = place
    given = api.post(f"{_path(api, collection)}/{api.quote(answer)}/labels", body, namespace=namespace)
    output.emit(given, lambda console: console.print(f"Labelled {given['verdict']}.", markup=False))


@doubts.command()
def dataset(
    name: Annotated[str, typer.Argument(help="The dataset; its next version holds the rows.")],
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    extend: Annotated[bool, typer.Option("--extend", help="Keep the rows that it has.")] = False,
) -> None:
    """Make what labels say rows of a dataset, to evaluate strategies on."""
    api = Api()
    body = {"name": name, "extend": extend}
    pushed = api.post(f"/collections/{api.quote(collection)}/answer-labels/dataset", body, namespace=namespace)
    number, rows, left_out = pushed["dataset"]["number"], pushed["rows"], pushed["left_out"]
    said = f"{name}/{number} has {rows} {'row' if rows == 1 else 'rows'} of labels; {left_out} left out."
    output.emit(pushed, lambda console: console.print(said, markup=False))


def _verdict(found: dict[str, Any]) -> str:
    return found["label"]["verdict"] if found["label"] else "-"


def _path(api: Api, collection: str) -> str:
    return f"/collections/{api.quote(collection)}/doubtful-answers"


def _found(api: Api, answer: str, collection: str, namespace: str) -> dict[str, Any]:
    return api.get(f"{_path(api, collection)}/{api.quote(answer)}", namespace=namespace)


def _render(console: Console, found: dict[str, Any]) -> None:
    console.print(found["question"], markup=False, style="bold")
    console.print(f"  {found['reason'] or found['text']}", markup=False)
    console.print(f"  confidence {found['confidence']:.2f}; {', '.join(found['doubts'])}", markup=False)
    for one in found["citations"]:
        console.print(f"  [{one['n']}] {one['version']['document']}: {one['cited_text']}", markup=False)
    for number, one in enumerate(found["passages"], start=1):
        console.print(f"  passage {number}: {one['version']['document']}: {one['text']}", markup=False)
    if found["label"]:
        console.print(f"  labelled {found['label']['verdict']}", markup=False)
