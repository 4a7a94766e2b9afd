"""`mcp-engine sweep`: try options of a strategy in every combination, and see which are worth choosing between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.figures import interval, number
from mcp_engine.cli.following import ended
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import Namespace, json_value, moment, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

sweeping = CommandGroup("Sweeps: options of a retrieval strategy in every combination, by quality and latency.")

_PATH = "/strategy-sweeps"
_MARK = "●"
SweepId = Annotated[str, typer.Argument(metavar="ID", help="The sweep's id.")]
Metric = Annotated[str | None, typer.Option(help="The scorer to mark by; without it the first one.")]
_OPTION_HELP = (
    "Values to try of an option: retrieval.passages=3,5,8, or name:=[…] in JSON. Repeat it; every combination is tried."
)


@sweeping.command()
def run(
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="Such as questions, questions@current, questions/2.")],
    scorer: Annotated[list[str], typer.Option("--scorer", "-s", help="A scorer, or a type such as abstention.")],
    option: Annotated[list[str], typer.Option("--option", "-o", metavar="NAME=V,V", help=_OPTION_HELP)],
    strategy: Annotated[
        str, typer.Argument(metavar="[STRATEGY]", help="NAME, NAME@label or NAME/version of a rag_strategy.")
    ] = "default",
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where the questions are asked.")] = "default",
    split: Annotated[str, typer.Option(help="Which rows.")] = "open",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    metric: Metric = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
    namespace: Namespace = "default",
) -> None:
    """Evaluate a strategy with every combination of the values of some options."""
    body: dict[str, Any] = {
        "collection": collection, "strategy": strategy, "options": options_of(option), "dataset": dataset,
        "split": split, "scorers": scorer,
    }  # fmt: skip
    if limit is not None:
        body["limit"] = limit
    api = Api()
    found = api.post(_PATH, body, namespace=namespace)
    if wait:
        with progress_bar("Evaluating", found["progress_total"]) as advance:
            ended(api, found, advance, path=_PATH, what="sweep")
        found = api.get(f"{_PATH}/{found['id']}", metric=metric)
    output.emit(found, lambda console: _render(console, found))


@sweeping.command("list")
def list_sweeps(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
    namespace: Namespace = "default",
) -> None:
    """List sweeps, newest first."""
    page = Api().get(_PATH, namespace=namespace, collection=collection, limit=limit, cursor=cursor)
    rows = [
        (one["id"], _subject(one), one["collection"], f"{one['combinations_done']}/{one['combinations']}",
         one["state"], moment(one["created_at"]))
        for one in page["items"]
    ]  # fmt: skip
    columns = ["ID", "STRATEGY", "COLLECTION", "COMBINATIONS", "STATE", "STARTED"]
    output.emit(page, output.table(columns, rows, empty="No sweeps: start one by `sweep run`."))


@sweeping.command()
def show(sweep: SweepId, metric: Metric = None) -> None:
    """Show every combination; those are marked that no other one beats in the metric and in latency."""
    found = Api().get(f"{_PATH}/{Api.quote(sweep)}", metric=metric)
    output.emit(found, lambda console: _render(console, found))


@sweeping.command()
def risk(
    sweep: SweepId,
    combination: Annotated[int, typer.Argument(min=1, help="Its number in `sweep show`.")],
) -> None:
    """Show the share of wrong answers at each share of questions answered, by threshold of confidence."""
    found = Api().get(f"{_PATH}/{Api.quote(sweep)}/combinations/{combination}/risk-coverage")
    points: list[dict[str, Any]] = found["points"] or []
    lines = [(number(one["threshold"]), number(one["coverage"]), number(one["risk"])) for one in points]
    empty = "No curve: there is one once the combination is evaluated, with a scorer of the type abstention."
    table = output.table(["THRESHOLD", "COVERAGE", "RISK"], lines, empty=empty)
    output.emit(found, lambda console: _render_risk(console, found, table))


@sweeping.command()
def cancel(sweep: SweepId) -> None:
    """Stop a sweep; what it has evaluated stays, and `job retry` goes on from there."""
    api = Api()
    found = api.get(f"{_PATH}/{Api.quote(sweep)}")
    api.post(f"/jobs/{found['job_id']}/cancel", {})
    found = api.get(f"{_PATH}/{found['id']}")
    output.emit(found, lambda console: _render(console, found))


def _render_risk(console: Console, found: dict[str, Any], table: Callable[[Console], None]) -> None:
    table(console)
    fit = found["calibration"]
    if found["auroc"] is not None:
        console.print(f"\nAUROC of right answers against wrong ones: {number(found['auroc'])}", markup=False)
    if fit is not None:
        weights = ", ".join(f"{name}: {fit[name]:g}" for name in ("own", "judge", "bias"))
        console.print(
            f"\nFitted to {fit['right']} right of {fit['rows']} answers, log loss {number(fit['loss_before'])} to "
            f"{number(fit['loss_after'])}:\n  answering.calibration: {{{weights}}}",
            markup=False,
        )


def options_of(pairs: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values in `name=value,value` and `name:=[…]`; a value that is no JSON is a text."""
    options: dict[str, list[Any]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.rstrip(":") or not text:
            raise CommandFailed(f"--option {pair!r}: write name=value,value or name:=[…].", ExitCode.USAGE)
        if not name.endswith(":"):
            options[name] = [_value(one.strip()) for one in text.split(",")]
            continue
        values = json_value(text, f"--option {name}")
        if not isinstance(values, list):
            raise CommandFailed(f"--option {pair!r}: after := stands a JSON array.", ExitCode.USAGE)
        options[name.removesuffix(":")] = cast("list[Any]", values)
    return options


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _subject(found: dict[str, Any]) -> str:
    return f"{found['strategy']}/{found['strategy_number']}"


def _render(console: Console, found: dict[str, Any]) -> None:
    rows = f"{found['dataset_name']}/{found['dataset_number']} {found['split']} ({found['rows']:,})"
    say(console, f"{found['id']}  {_subject(found)} in {found['collection']} on {rows}: {found['state']}")
    if found["error_message"]:
        say(console, found["error_message"])
    done = f"{found['combinations_done']} of {found['combinations']} combinations"
    say(console, f"{done} are evaluated; {_MARK} marks those that none beats in {found['metric']} and latency.")
    names = [one["option"] for one in found["options"]]
    short = [name.rpartition(".")[2].upper() for name in names]
    scorers = [found["metric"], *(one for one in found["scorers"] if one != found["metric"])]
    columns = ["", "#", *short, scorers[0].upper(), "95 % INTERVAL", *(one.upper() for one in scorers[1:])]
    lines = [_line(point, names, scorers) for point in found["points"]]
    output.table([*columns, "ANSWERED", "FAILED", "P50 MS", "P95 MS"], lines, empty="")(console)


def _line(point: dict[str, Any], names: Sequence[str], scorers: Sequence[str]) -> tuple[Any, ...]:
    options = [json.dumps(point["options"][name]).strip('"') for name in names]
    figures = point["figures"]
    if figures is None:
        return ("", point["position"], *options, *[""] * (len(scorers) + 5))
    by_name = {metric["scorer"]: metric for metric in figures["metrics"]}
    first, *others = [by_name[name] for name in scorers]
    return (
        _MARK if point["is_optimal"] else "", point["position"], *options, number(first["mean"]),
        interval(first["low"], first["high"]), *(number(metric["mean"]) for metric in others),
        f"{figures['answered']}/{figures['answered'] + figures['refused'] + figures['failed']}", figures["failed"],
        number(figures["latency_p50_ms"]), number(figures["latency_p95_ms"]),
    )  # fmt: skip
