"""Commands on drafted questions: drafting them, giving verdicts, and making those that are accepted a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.following import ended
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import moment, say
from rag.cli_doubts import documents
from rag.cli_options import CollectionOption, NamespaceOption

if TYPE_CHECKING:
    from rich.console import Console

drafting = CommandGroup("Questions that a prompt words about a collection's sentences; a person confirms them.")
documents.add_group("draft", drafting)

_PATH = "/question-drafts"
DraftId = Annotated[str, typer.Argument(metavar="ID", help="The draft's id.")]
Position = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The question, as `show` counts.")]


@drafting.command()
def start(
    prompt: Annotated[str, typer.Argument(help="NAME, NAME@label or NAME/version; its variable is `sentence`.")],
    collection: CollectionOption = "default",
    questions: Annotated[int, typer.Option("--questions", "-n", min=1, max=200, help="How many at the most.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Draws the sentences: another one draws others.")] = 0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
    namespace: NamespaceOption = "default",
) -> None:
    """Have a prompt word questions about sentences of a collection."""
    api = Api()
    body = {"collection": collection, "prompt": prompt, "questions": questions, "seed": seed}
    found = api.post(_PATH, body, namespace=namespace)
    if wait:
        with progress_bar("Drafting", found["questions"]) as advance:
            ended(api, found, advance, path=_PATH, what="draft")
        found = api.get(f"{_PATH}/{found['id']}")
    output.emit(found, lambda console: _summary(console, found))


@drafting.command("list")
def list_drafts(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: NamespaceOption = "default",
) -> None:
    """List drafts, newest first."""
    page = Api().get(_PATH, namespace=namespace, collection=collection, limit=limit, cursor=cursor)
    rows = [
        (one["id"], one["collection"], f"{one['prompt']}/{one['prompt_number']}", one["open"], one["accepted"],
         one["rejected"], one["state"], moment(one["created_at"]))
        for one in page["items"]
    ]  # fmt: skip
    columns = ["ID", "COLLECTION", "PROMPT", "OPEN", "ACCEPTED", "REJECTED", "STATE", "STARTED"]
    output.emit(page, output.table(columns, rows, empty="No drafts: start one by `docs draft start PROMPT`."))


@drafting.command()
def show(
    draft: DraftId,
    state: Annotated[
        str | None, typer.Option(help="Only those: waiting, unusable, open, accepted, or rejected.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
) -> None:
    """Show questions with the sentences that answer them."""
    page = Api().get(f"{_PATH}/{Api.quote(draft)}/questions", state=state, limit=limit, cursor=cursor)
    output.emit(page, lambda console: _questions(console, page["items"]))


@drafting.command()
def accept(
    draft: DraftId,
    position: Position,
    question: Annotated[str | None, typer.Option("--question", help="In your own words.")] = None,
) -> None:
    """Say that a sentence answers its question."""
    _judge(draft, position, {"verdict": "accepted", "question": question})


@drafting.command()
def reject(draft: DraftId, position: Position) -> None:
    """Leave a question out."""
    _judge(draft, position, {"verdict": "rejected"})


@drafting.command()
def dataset(
    draft: DraftId,
    name: Annotated[str, typer.Argument(help="The dataset; its next version holds the rows.")],
    extend: Annotated[bool, typer.Option("--extend", help="Keep the rows that it has.")] = False,
) -> None:
    """Make the accepted questions rows of a dataset, to evaluate strategies on."""
    pushed = Api().post(f"{_PATH}/{Api.quote(draft)}/dataset", {"name": name, "extend": extend})
    number, rows, left_out = pushed["dataset"]["number"], pushed["rows"], pushed["left_out"]
    said = f"{name}/{number} has {rows} accepted {'question' if rows == 1 else 'questions'}; {left_out} left out."
    output.emit(pushed, lambda console: say(console, said))


def _judge(draft: str, position: int, verdict: dict[str, Any]) -> None:
    found = Api().post(f"{_PATH}/{Api.quote(draft)}/questions/{position}/verdicts", verdict)
    output.emit(found, lambda console: _questions(console, [found]))


def _summary(console: Console, found: dict[str, Any]) -> None:
    waiting = f"{found['open']} wait for a verdict" + (
        f", of {found['unusable']} the model wrote no question" if found["unusable"] else ""
    )
    say(
        console,
        f"{found['id']}  Sentences of {found['collection']}: {found['questions']}, {found['state']}; {waiting}.",
    )
    say(console, f"Read them by `mcp-engine docs draft show {found['id']}`.")


def _questions(console: Console, found: list[dict[str, Any]]) -> None:
    if not found:
        say(console, "No such questions.")
    for one in found:
        question = one["question"] or f"No question: {one['fault'] or 'erased'}"
        say(console, f"{one['position']:>3}  {question}  ({one['state']})")
        said = "erased" if one["sentence"] is None else " ".join(one["sentence"].split())
        say(console, f"     {one['version']['document']}: {said}")
