"""`mcp-engine experiment`: start one from a file or from options, read it, end it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.bodies import read_body
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import Namespace, moment, say

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Live experiments: a label's traffic split between versions.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; it stays with the experiment.")]


@commands.command()
def start(
    plan: Annotated[
        str, typer.Argument(metavar="FILE|NAME", help="A plan (YAML or JSON), the name of a draft, or of a new one.")
    ],
    prompt: Annotated[str | None, typer.Option(help="A new experiment on this prompt; needs no file.")] = None,
    label: Annotated[str, typer.Option(help="The label whose traffic is split.")] = "production",
    arm: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VERSION[:WEIGHT]", help="The control first; repeat it. Default: even weights."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:binary|mean:higher|lower", help="The primary one first; repeat it."),
    ] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:binary|mean:higher|lower[:LOSS]", help="With the loss that is tolerated; repeat it."
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Only keep the plan; start it by its name.")] = False,
    namespace: Namespace = "default",
) -> None:
    """Start an experiment. Nothing of its plan can be changed afterwards."""
    if prompt is not None:
        body = {
            "name": plan, "artifact": prompt, "label": label, "arms": _arms(arm or []),
            "metrics": [_metric(one) for one in metric or []], "guardrails": [_metric(one) for one in guardrail or []],
        }  # fmt: skip
    elif arm or metric or guardrail:
        raise CommandFailed("Options describe an experiment on a --prompt; else the file does.", ExitCode.USAGE)
    elif Path(plan).is_file():
        body = read_body(Path(plan), "a plan; see docs/experiments.md")
    else:
        _emit_shown(Api().post(f"/experiments/{Api.quote(plan)}/start", namespace=namespace))
        return
    started = {} if not draft else {"start": False}
    _emit_shown(Api().post("/experiments", {**body, **started}, namespace=namespace))


@commands.command()
def status(name: Name, namespace: Namespace = "default") -> None:
    """Show how an experiment stands and what may be concluded now; it may be asked at any time."""
    api = Api()
    path = f"/experiments/{Api.quote(name)}"
    found, analysis = api.get(path, namespace=namespace), api.get(f"{path}/analysis", namespace=namespace)

    def render(console: Console) -> None:
        _render_head(console, found)
        say(console, f"{analysis['conclusion']['decision']}: {analysis['conclusion']['text']}")
        columns = ["ARM", "METRIC", "CONTROL", "ARM'S", "DIFFERENCE", "INTERVAL", "P", "VERDICT", "UNITS TO GO"]
        rows = [_line(one) for one in analysis["comparisons"]]
        output.table(columns, rows, empty="Nothing is compared.")(console)
        excluded = analysis["excluded"]["fallback_units"]
        say(console, f"Units: {_units(analysis)}; {excluded} were shown a fallback, which does not count.")
        if analysis["biased"]:
            say(console, "Shares follow the outcomes here: estimates are biased, and no interval is valid.")

    output.emit({"experiment": found, "analysis": analysis}, render)


@commands.command("list")
def list_experiments(
    prompt: Annotated[str | None, typer.Option(help="Only those on this prompt.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List experiments, newest first."""
    page = Api().get("/experiments", artifact=prompt, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (item["name"], item["state"], f"{item['artifact']}@{item['label']}", _versions(item), item["primary_metric"],
         f"{item['traffic']:.0%}", moment(item["created_at"]))
        for item in page["items"]
    ]  # fmt: skip
    columns = ["NAME", "STATE", "SPLITS", "ARMS", "METRIC", "TRAFFIC", "CREATED"]
    output.emit(page, output.table(columns, rows, empty="No experiments: begin one by `experiment start FILE`."))


@commands.command()
def stop(name: Name, reason: Reason = "", namespace: Namespace = "default") -> None:
    """End an experiment; its label stays where it is."""
    _emit_shown(Api().post(f"/experiments/{Api.quote(name)}/stop", {"reason": reason}, namespace=namespace))


@commands.command()
def promote(
    name: Name,
    arm: Annotated[str, typer.Argument(metavar="ARM", help="Whose version is released.")],
    reason: Reason = "",
    namespace: Namespace = "default",
) -> None:
    """Point the label at an arm's version and end the experiment."""
    body = {"arm": arm, "reason": reason}
    _emit_shown(Api().post(f"/experiments/{Api.quote(name)}/promote", body, namespace=namespace))


def _arms(given: list[str]) -> list[dict[str, Any]]:
    arms: list[dict[str, Any]] = []
    for one in given:
        name, _, rest = one.partition("=")
        version, colon, weight = rest.partition(":")
        try:
            arms.append({"name": name, "version": int(version), "weight": float(weight) if colon else 1 / len(given)})
        except ValueError as error:
            raise CommandFailed(
                f"{one!r}: write an arm as NAME=VERSION or NAME=VERSION:WEIGHT.", ExitCode.USAGE
            ) from error
    return arms


def _metric(given: str) -> dict[str, Any]:
    name, *rest = given.split(":")
    members = dict(zip(("kind", "direction", "tolerated_loss"), rest, strict=False))
    if len(rest) not in (2, 3):
        raise CommandFailed(f"{given!r}: write a metric as NAME:binary:higher, for example.", ExitCode.USAGE)
    return {"name": name, **members}


def _emit_shown(found: dict[str, Any]) -> None:
    output.emit(found, lambda console: _render_head(console, found))


def _render_head(console: Console, found: dict[str, Any]) -> None:
    traffic = f", {found['traffic']:.0%} of units" if found["state"] == "running" else ""
    say(
        console,
        f"{found['name']}: {found['state']} on {found['artifact']}@{found['label']}{traffic}; {_versions(found)}",
    )
    for event in found["events"][-1:]:
        if event["reason"]:
            say(console, event["reason"])


def _versions(found: dict[str, Any]) -> str:
    return " ".join(f"{arm['name']}={arm['version']}:{arm['share']:.2g}" for arm in found["arms"])


def _units(analysis: dict[str, Any]) -> str:
    return ", ".join(f"{arm['units']:,} {arm['arm']}" for arm in analysis["arms"])


def _line(one: dict[str, Any]) -> tuple[Any, ...]:
    interval = one["interval"]
    shown = "" if interval is None else f"{_number(interval['low'])} … {_number(interval['high'])}"
    return (
        one["arm"], one["metric"] if one["role"] != "guardrail" else f"{one['metric']} (guardrail)",
        _number(one["control_value"]), _number(one["value"]), _number(one["difference"]), shown,
        "" if one["p_value"] is None else f"{one['p_value']:.3g}", one["verdict"], one["expected_units"],
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.4g}"
