"""`mcp-engine gate`: protect labels, ask for releases, approve them, and see what is left of error budgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output, releases
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.figures import number
from mcp_engine.cli.following import followed
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import Namespace, moment, say

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Gates: what a release under a protected label needs, who asked, and who approved.")

REQUESTS = "/release-requests"
_BAR_CELLS = 16
_NOT_SHOWN = ("failed", "stale", "rejected")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The gate's name.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request's id, from `gate requests`.")]
Comment = Annotated[str, typer.Option("--comment", "-m", help="Why; it stays with the release.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")]
Cursor = Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")]


@commands.command()
def push(
    file: Annotated[Path, typer.Argument(help="A gate as YAML or JSON; see docs/gates.md.")],
    message: Annotated[str, typer.Option("--message", "-m", help="What changed and why.")] = "",
    name: Annotated[str | None, typer.Option(help="Instead of the file's own name.")] = None,
    namespace: Namespace = "default",
) -> None:
    """Put a gate in force: it is stored as the next version, and protects from now on. Owners only."""
    chosen = file.stem if name is None else name
    body = {"name": chosen, "body": read_body(file, "a gate; see docs/gates.md"), "message": message}
    found = Api().post("/gates", body, namespace=namespace)
    output.emit(found, lambda console: _render(console, found))


@commands.command("list")
def list_gates(
    over: Annotated[str | None, typer.Option(help="Only those over this prompt, or what --kind says.")] = None,
    kind: Annotated[str, typer.Option(help="What --over names.")] = "prompt",
    limit: Limit = 50,
    cursor: Cursor = None,
    namespace: Namespace = "default",
) -> None:
    """List gates with what they protect."""
    page = Api().get("/gates", kind=kind, name=over, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["name"], _standing(item), _protects(item), moment(item["updated_at"]), item["description"])
        for item in page["items"]
    ]
    columns = ["NAME", "IN FORCE", "PROTECTS", "UPDATED", "DESCRIPTION"]
    whose = "every label moves freely" if over is None else f"labels of {over} move freely"
    empty = f"No gates: {whose}. Put one in force by `gate push FILE`."
    output.emit(page, output.table(columns, rows, empty=empty))


@commands.command()
def show(name: Name, namespace: Namespace = "default") -> None:
    """Show what a gate asks for, and what is left of the error budgets of its sealed rows."""
    found = Api().get(f"/gates/{Api.quote(name)}", namespace=namespace)
    output.emit(found, lambda console: _render(console, found))


@commands.command()
def request(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What shall be released, such as a prompt.")],
    version: Annotated[int, typer.Argument(min=1, help="The version's number.")],
    label: Annotated[str, typer.Option(help="Where it shall be released.")] = "production",
    kind: Annotated[str, typer.Option(help="What NAME is.")] = "prompt",
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for those who approve.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the evidence is there.")] = True,
    namespace: Namespace = "default",
) -> None:
    """Ask for a release: the evidence that its gates want is gathered. Exit 1 if it does not carry the release."""
    body = {"kind": kind, "name": name, "label": label, "version": version, "reason": reason}
    api = Api()
    found = api.post(REQUESTS, body, namespace=namespace)
    if wait:
        with progress_bar("Gathering evidence", found["progress_total"]) as advance:
            found = followed(api, found, REQUESTS, ("evaluating",), advance)
    output.emit(found, lambda console: releases.render(console, found))
    if found["state"] in _NOT_SHOWN:
        raise CommandFailed(f"{found['name']!r} is not ready for {found['label']!r}.", ExitCode.FAILED)


@commands.command()
def requests(
    state: Annotated[str, typer.Option(help="open (neither carried out nor overtaken) or all.")] = "open",
    name: Annotated[str | None, typer.Option(help="Only of this prompt, or what --kind says.")] = None,
    kind: Annotated[str, typer.Option(help="What --name is.")] = "prompt",
    limit: Limit = 20,
    cursor: Cursor = None,
    namespace: Namespace = "default",
) -> None:
    """List releases that were asked for, newest first, with what they lack now."""
    page = Api().get(REQUESTS, state=state, name=name, kind=kind, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["id"], releases.target(item), item["state"], ", ".join(one["code"] for one in item["missing"]),
         item["reason"], moment(item["created_at"]))
        for item in page["items"]
    ]  # fmt: skip
    columns = ["ID", "RELEASE", "STATE", "MISSING", "REASON", "ASKED"]
    ended = "" if state == "all" else " What has ended is among `--state all`."
    empty = f"Nobody waits for a release: ask for one by `gate request NAME VERSION`.{ended}"
    output.emit(page, output.table(columns, rows, empty=empty, whole=("ID",)))


@commands.command()
def status(request: RequestId) -> None:
    """Show one request: its evidence, its approvals, and what is missing."""
    found = Api().get(f"{REQUESTS}/{Api.quote(request)}")
    output.emit(found, lambda console: releases.render(console, found))


@commands.command()
def approve(request: RequestId, comment: Comment = "") -> None:
    """Approve a release, as a person who did not write the version."""
    _say(request, comment, approve=True)


@commands.command()
def reject(request: RequestId, comment: Comment = "") -> None:
    """Reject a release; approving it later takes that back."""
    _say(request, comment, approve=False)


def _say(request: str, comment: str, *, approve: bool) -> None:
    path = f"{REQUESTS}/{Api.quote(request)}/approvals"
    found = Api().post(path, {"approve": approve, "comment": comment})
    output.emit(found, lambda console: releases.render(console, found))


def _protects(item: dict[str, Any]) -> str:
    wanted = item["protects"]
    return f"{wanted['kind']} {', '.join(wanted['names'])} @{wanted['label']}"


def _standing(item: dict[str, Any]) -> str:
    if item["active"] is None:
        return "never put in force"
    return f"version {item['active']}" if item["enabled"] else f"version {item['active']}, switched off"


def _render(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['name']}: {_standing(found)}, protects {_protects(found)}")
    if found["description"]:
        say(console, found["description"])
    say(console, _terms(found))
    lines = [
        (one["name"], _claim(one), one["scorer"], f"{one['dataset']} {one['split']}") for one in found["requirements"]
    ]
    output.table(["REQUIREMENT", "WANTS", "BY", "ON"], lines, empty="It asks for no evaluation.")(console)
    if not _looks_at_sealed_rows(found):
        return
    ledgers = found["ledgers"]
    budgets = [
        (moment(one["opened_at"]), one["rows"], f"{one['looks']} of {one['planned']}", one["passes"],
         _bar(one["left"]), number(one["next_level"]))
        for one in ledgers
    ]  # fmt: skip
    columns = ["BUDGET OPENED", "ROWS", "LOOKS", "PASSED", "LEFT", "NEXT P ≤"]
    empty = "Nobody has looked at its sealed rows yet: the whole budget is left."
    output.table(columns, budgets, empty=empty, whole=columns)(console)
    for one in ledgers:
        where = f"{one['rows']} rows: " if len(ledgers) > 1 else ""
        say(console, f"{where}{one['reason']}")


def _looks_at_sealed_rows(found: dict[str, Any]) -> bool:
    return any(one["split"] == "sealed" for one in found["requirements"])


def _terms(found: dict[str, Any]) -> str:
    """Return what is wanted besides evaluations, in a sentence."""
    terms = [f"Approvals: {found['approvals']}" + (", none by the author" if found["approvals"] else "")]
    terms.append(f"who releases: {', '.join(found['movers']) or 'whoever may move labels'}")
    terms.append("machines may release" if found["machines"] == "release" else "machines may only ask")
    terms.append(f"experiments may {'' if found['experiments'] == 'allow' else 'not '}show unreleased versions")
    if found["cooldown_minutes"]:
        terms.append(f"{found['cooldown_minutes']} minutes between two moves")
    if _looks_at_sealed_rows(found):
        terms.append(f"error budget {number(found['error_budget'])} over {found['planned_looks']} planned looks")
        terms.append(f"at least {found['minimum_rows']} sealed rows")
    return "; ".join(terms) + "."


def _claim(one: dict[str, Any]) -> str:
    right = "" if one["pass_at"] is None else f" (a row is right from {number(one['pass_at'])} on)"
    match one["rule"]:
        case "at_least":
            return f"right on more than {number(100 * one['threshold'])} %{right}"
        case "not_worse":
            return f"not worse by {number(one['margin'])} or more{right}"
        case _:
            return f"better than what the label points at{right}"


def _bar(share: float) -> str:
    """Return a share as a picture with its figure."""
    filled = round(share * _BAR_CELLS)
    return f"{'█' * filled}{'░' * (_BAR_CELLS - filled)} {number(100 * share)} %"
