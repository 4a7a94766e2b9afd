"""`mcp-engine audit`: verify the log, fetch a proof, check one without any server, list entries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

    from mcp_engine.errors import EngineError

_OPENING = {
    "opens": "opens its commitment",
    "none": "there was none",
    "not_included": "not included",
    "erased": "not included; erased, says the proof, which is not checked",
}

commands = CommandGroup("The transparency log: what happened, provably.")


@commands.command()
def verify() -> None:
    """Compare every live row with its leaf, and the tree with what was signed; exit 1 names the first wrong entry."""
    report: dict[str, Any] | None = None
    with output.error_console().status("Verifying the audit log") as status:
        for event, data in Api().stream("POST", "/audit/verify"):
            if event == "progress":
                status.update(f"Verifying {data['stage']}: {data['done']} of {data['total']}")
            elif event == "report":
                report = data
    if report is None:
        raise CommandFailed("The server ended the verification without a report; try again.", ExitCode.SERVER_FAILED)
    output.emit(report, lambda console: _print_report(console, report))
    if not report["ok"]:
        raise typer.Exit(ExitCode.FAILED)


@commands.command()
def proof(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="An execution, label move or entry id.")],
    with_content: Annotated[
        bool,
        typer.Option("--with-content", help="Include an execution's inputs and output: private."),
    ] = False,
) -> None:
    """Print the proof of one execution, label move or entry; keep it with `> FILE`."""
    api = Api()
    bundle = api.get(f"/audit/proofs/{Api.quote(wanted)}")
    if with_content:
        bundle["openings"] = api.get(f"/executions/{Api.quote(_execution_of(bundle))}/openings")
    output.print_json(bundle)


@commands.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A proof from `audit proof`.")],
    vkey: Annotated[str, typer.Option("--vkey", help="The log's public key, from a source you trust.")],
) -> None:
    """Check a proof offline, with no server and no database; exit 1 says what is wrong with it."""
    from mcp_engine.audit.check import check_proof
    from mcp_engine.audit.notes import NoteVerifier
    from mcp_engine.errors import EngineError

    try:
        NoteVerifier.parse(vkey)
    except EngineError as error:
        raise _unproven(error, ExitCode.USAGE) from error
    try:
        proven = check_proof(file.read_bytes(), vkey)
    except EngineError as error:
        raise _unproven(error, ExitCode.FAILED) from error
    leaves = [
        {"index": leaf.index, "id": leaf.id, "kind": leaf.kind, "subject": leaf.subject, "actor": leaf.actor,
         "at": leaf.at, "facts": dict(leaf.facts)}
        for leaf in proven.leaves
    ]  # fmt: skip
    openings = {opening.name: {"state": opening.state, "value": opening.value} for opening in proven.openings}
    result = {"ok": True, "log": proven.checkpoint.origin, "tree_size": proven.checkpoint.size, "leaves": leaves,
              "openings": openings}  # fmt: skip
    output.emit(result, lambda console: _print_proven(console, result))


@commands.command()
def key() -> None:
    """Print the log's public key, which `audit check --vkey` takes; keep it apart from the server."""
    answer = Api().get("/audit/key")
    output.emit(answer, lambda console: console.print(answer["vkey"], markup=False, soft_wrap=True))


@commands.command("list")
def list_entries(
    kind: Annotated[str | None, typer.Option(help="Such as label.moved.")] = None,
    subject: Annotated[str | None, typer.Option(help="Id of what it happened to.")] = None,
    actor: Annotated[str | None, typer.Option(help="Id of the person or machine.")] = None,
    since: Annotated[str | None, typer.Option(help="At or after this moment (RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option(help="Before this moment (RFC 3339).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """List what happened, newest first."""
    page = Api().get(
        "/audit/entries", kind=kind, subject=subject, actor=actor, since=since, until=until, limit=limit
    )  # fmt: skip
    rows = (
        (one["seq"], _moment(one["occurred_at"]), one["kind"], one["about"], one["subject"], _who(one))
        for one in page["items"]
    )
    columns = ("leaf", "when", "what", "about", "subject", "actor")
    output.emit(page, output.table(columns, rows, empty="Nothing has happened yet that fits.", whole=("subject",)))


def _moment(value: str) -> str:
    """Return a moment to the second, as `--since` and `--until` take it."""
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unproven(error: EngineError, exit_code: ExitCode) -> CommandFailed:
    return CommandFailed(error.message, exit_code, {"ok": False, "code": error.code, "detail": error.message})


def _who(entry: dict[str, Any]) -> str:
    from mcp_engine.access import ENGINE

    return "the engine" if entry["actor_id"] == str(ENGINE) else entry["actor_id"]


def _execution_of(bundle: dict[str, Any]) -> str:
    import json

    subject: str = bundle["subject"]
    leaves = [json.loads(leaf["leaf_data"]) for leaf in bundle["leaves"]]
    if not any(leaf["kind"] == "execution.ended" and leaf["subject"] == subject for leaf in leaves):
        raise CommandFailed("Only an execution has content; leave out --with-content.", ExitCode.USAGE)
    return subject


def _print_report(console: Console, report: dict[str, Any]) -> None:
    from rich.markup import escape

    first = report["first_problem"]
    if first is None:
        console.print(f"[green]The log is sound:[/green] {report['tree_size']} leaves, signed by {report['origin']}")
    else:
        console.print(f"[red]The log is not sound.[/red] First: {escape(_described(first))}")
        for other in report["problems"][1:]:
            console.print(f"  then: {escape(_described(other))}")
    witness = report["witness"]
    pinned = f" of {witness['size']} leaves" if witness["size"] is not None else ""
    console.print(
        f"  entries compared: {report['entries_checked']}, live rows: {report['live_rows_checked']}, "
        f"erased: {report['erased']}, waiting for a number: {report['unsequenced']}"
    )
    console.print(f"  pinned checkpoint{pinned}: {witness['status']}")


def _described(problem: dict[str, Any]) -> str:
    place = [f"leaf {problem['seq']}"] if problem["seq"] is not None else []
    place += [f"{name} {problem[name]}" for name in ("kind", "subject", "fact") if problem[name]]
    return ", ".join(place) + (": " if place else "") + problem["what"]


def _print_proven(console: Console, result: dict[str, Any]) -> None:
    from rich.markup import escape

    console.print(f"[green]Proven:[/green] in the log {escape(result['log'])}, signed at {result['tree_size']} leaves")
    for leaf in result["leaves"]:
        console.print(f"  leaf {leaf['index']}: {escape(leaf['kind'])} {escape(leaf['subject'])} at {leaf['at']}")
        for name, value in leaf["facts"].items():
            console.print(escape(f"    {name} = {value}"), soft_wrap=True)
    for name, opening in result["openings"].items():
        console.print(f"{name}: {_OPENING[opening['state']]}")
