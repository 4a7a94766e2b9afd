"""`mcp-engine eval`: run a version on the rows of a dataset, and compare what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import judged, output
from mcp_engine.cli.client import Api
from mcp_engine.cli.figures import interval, number, short
from mcp_engine.cli.following import ended
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import Namespace, Reference, moment, named_values, say

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Evaluations: a version scored on every row of a dataset, with intervals.")

EvaluationId = Annotated[str, typer.Argument(metavar="ID", help="The evaluation's id.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")]
Cursor = Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")]
_WORDS = {"better": "better", "worse": "worse", "undecided": "not shown either way"}


@commands.command()
def run(
    reference: Reference,
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="Such as questions, questions@current, questions/2.")],
    scorer: Annotated[list[str], typer.Option("--scorer", "-s", help="A scorer, or a type such as exact; repeat it.")],
    split: Annotated[str, typer.Option(help="Which rows.")] = "open",
    model: Annotated[str | None, typer.Option(help="Another model than the version's.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="Overrides the version's: name=value, or name:=JSON such as seed:=7."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every row, also those that were run before.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
    kind: Annotated[
        str, typer.Option(help="What NAME is: prompt, or rag_strategy with -p collection=NAME.")
    ] = "prompt",
    namespace: Namespace = "default",
) -> None:
    """Run a version on every row of a split, and score what comes out."""
    body: dict[str, Any] = {
        "kind": kind,
        "subject": reference,
        "dataset": dataset,
        "split": split,
        "scorers": scorer,
        "parameters": named_values(parameter or [], "--parameter"),
        "reuse": not fresh,
    }
    body |= {name: value for name, value in (("model", model), ("limit", limit)) if value is not None}
    api = Api()
    found = api.post("/evaluations", body, namespace=namespace)
    if wait:
        with progress_bar("Evaluating", found["rows"]) as advance:
            found = ended(api, found, advance)
    output.emit(found, lambda console: _render(console, found))


@commands.command("list")
def list_evaluations(
    name: Annotated[str | None, typer.Option(help="Only of this prompt.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Only of this version's number.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only on this dataset.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    namespace: Namespace = "default",
) -> None:
    """List evaluations, newest first."""
    query = {"name": name, "number": version, "dataset": dataset, "namespace": namespace}
    page = Api().get("/evaluations", **query, limit=limit, cursor=cursor)
    rows = [
        (item["id"], _subject(item), _rows(item), item["state"], _means(item), moment(item["created_at"]))
        for item in page["items"]
    ]
    columns = ["ID", "SUBJECT", "ROWS", "STATE", "SCORES", "STARTED"]
    output.emit(page, output.table(columns, rows, empty="No evaluations: start one by `eval run`."))


@commands.command()
def show(evaluation: EvaluationId) -> None:
    """Show an evaluation with its metrics."""
    found = Api().get(f"/evaluations/{Api.quote(evaluation)}")
    output.emit(found, lambda console: _render(console, found))


@commands.command()
def rows(
    evaluation: EvaluationId,
    failed: Annotated[bool, typer.Option("--failed", help="Only rows without an output, or without a score.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """List rows: what went in, what came out, and what it scored."""
    path = f"/evaluations/{Api.quote(evaluation)}/rows"
    page = Api().get(path, failed=failed, limit=limit, cursor=cursor)
    lines = [
        (
            item["position"],
            short(item["inputs"]),
            short(item["expected"]),
            item["error_code"] or short(item["output"]),
            " ".join(f"{score['scorer']}={_score(score)}" for score in item["scores"]),
        )
        for item in page["items"]
    ]
    output.emit(page, output.table(["ROW", "INPUTS", "EXPECTED", "OUTPUT", "SCORES"], lines, empty="No rows."))


@commands.command()
def compare(
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="The evaluation to compare with.")],
    candidates: Annotated[list[str], typer.Argument(metavar="CANDIDATE…", help="One or more others.")],
    scorer: Annotated[
        str | None, typer.Option(help="Show the rows that changed by this scorer, the worst first.")
    ] = None,
    limit: Limit = 20,
) -> None:
    """Compare evaluations of the same rows: paired differences with intervals, and rows that flipped."""
    ids = [baseline, *candidates]
    api = Api()
    found = api.get("/evaluations/comparison", evaluation=ids)
    if scorer is not None:
        path = "/evaluations/comparison/rows"
        found["changed"] = api.get(path, evaluation=ids, scorer=scorer, changed=True, limit=limit)["items"]
    output.emit(found, lambda console: _render_comparison(console, found))


@commands.command()
def judge(
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="The evaluation to compare with.")],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="The other one, of the same rows.")],
    judge: Annotated[str, typer.Option(help="A scorer of the type pair_judge.")],
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask about every row, also those judged before.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
    namespace: Namespace = "default",
) -> None:
    """Let a judge say, row by row and in both orders, which of two evaluations put out the better answer."""
    api = Api()
    body = {"baseline": baseline, "candidate": candidate, "judge": judge, "reuse": not fresh}
    found = api.post("/judged-comparisons", body, namespace=namespace)
    if wait:
        with progress_bar("Judging", found["progress_total"]) as advance:
            found = ended(api, found, advance, path="/judged-comparisons", what="judged comparison")
    output.emit(found, lambda console: judged.render(console, found))


@commands.command("judged")
def show_judged(
    comparison: Annotated[str, typer.Argument(metavar="ID", help="The judged comparison's id.")],
    result: Annotated[
        str | None, typer.Option("--rows", help="List rows: win, loss, tie, inconsistent or failed.")
    ] = None,
    limit: Limit = 20,
) -> None:
    """Show a judged comparison; the rows that came out in one way, if you say which."""
    api, path = Api(), f"/judged-comparisons/{Api.quote(comparison)}"
    found = api.get(path)
    if result is not None:
        found["judged"] = api.get(f"{path}/rows", result=result, limit=limit)["items"]
    output.emit(found, lambda console: judged.render(console, found))


def _subject(item: dict[str, Any]) -> str:
    return f"{item['name']}/{item['number']}"


def _rows(item: dict[str, Any]) -> str:
    return f"{item['dataset_name']}/{item['dataset_number']} {item['split']} ({item['rows']:,})"


def _means(item: dict[str, Any]) -> str:
    metrics: list[dict[str, Any]] = item["metrics"] or []
    return " ".join(f"{metric['scorer']}={number(metric['mean'])}" for metric in metrics)


def _score(score: dict[str, Any]) -> str:
    return str(score["failure_code"]) if score["value"] is None else number(score["value"])


def _render(console: Console, found: dict[str, Any]) -> None:
    say(console, f"{found['id']}  {_subject(found)} on {_rows(found)}, {found['model']}: {found['state']}")
    if found["error_message"]:
        say(console, found["error_message"])
    if found["failed_rows"]:
        say(console, f"{found['failed_rows']:,} rows gave no output.")
    if found["metrics"]:
        lines = [
            (metric["scorer"], number(metric["mean"]), interval(metric["low"], metric["high"]), metric["unit"],
             metric["scored"], " ".join(f"{code}:{count}" for code, count in metric["failures"].items()))
            for metric in found["metrics"]
        ]  # fmt: skip
        output.table(["SCORER", "MEAN", "95 % INTERVAL", "UNIT", "SCORED", "FAILED"], lines, empty="")(console)


def _render_comparison(console: Console, found: dict[str, Any]) -> None:
    shown = {one["id"]: one for one in found["evaluations"]}
    base = found["baseline"]
    say(console, f"Baseline: {_subject(base)} ({base['model']}), {found['rows']:,} rows in common")
    for candidate in found["candidates"]:
        other = shown[candidate["evaluation_id"]]
        say(console, f"{_subject(other)} ({other['model']})")
        lines = [
            (one["scorer"], number(one["baseline_mean"]), number(one["candidate_mean"]), number(one["difference"]),
             interval(one["low"], one["high"]), f"+{one['gained']} −{one['lost']}",
             "" if one["adjusted_p"] is None else f"{one['adjusted_p']:.2g}", _WORDS[one["verdict"]])
            for one in candidate["differences"]
        ]  # fmt: skip
        columns = ["SCORER", "BASELINE", "CANDIDATE", "DIFFERENCE", "95 % INTERVAL", "ROWS", "P", "VERDICT"]
        output.table(columns, lines, empty="")(console)
    for row in found.get("changed", []):
        say(console, f"row {row['position']}: {short(row['inputs'])}  (expected: {short(row['expected'])})")
        for side in row["outputs"]:
            one = shown[side["evaluation_id"]]
            say(
                console,
                f"    {_subject(one)}  {number(side['value'])}  {side['error_code'] or short(side['output'])}",
            )
