"""`mcp-engine execution`: what ran, on which model, how long it took, and where the time went."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

commands = CommandGroup("Executions: every run of a version on a model.")

_STATUSES = ("running", "succeeded", "failed", "cancelled")
_BAR_WIDTH = 40
_COLUMNS = ["ID", "STARTED", "WHAT", "STATUS", "TOKENS", "TOTAL", "INPUTS"]
_WHOLE = ("ID", "STARTED", "STATUS", "TOTAL")
_ERASED = "(erased)"


@commands.command("list")
def list_executions(
    namespace: Annotated[str | None, typer.Option(help="Only of this namespace.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as prompt_run or ask.")] = None,
    artifact_kind: Annotated[str | None, typer.Option(help="Such as prompt or rag_strategy.")] = None,
    artifact: Annotated[str | None, typer.Option(help="Only of versions of this artifact.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Only of this version of the artifact.")] = None,
    label: Annotated[str | None, typer.Option(help="Only of versions asked for by this label.")] = None,
    model: Annotated[str | None, typer.Option(help="Only on this model.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this person or machine (id).")] = None,
    text: Annotated[str | None, typer.Option(help="Only with this text in the inputs, whatever its case.")] = None,
    status: Annotated[str | None, typer.Option(help="running, succeeded, failed or cancelled.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Started at this time (UTC) or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Started before this time (UTC).")] = None,
    min_latency_ms: Annotated[float | None, typer.Option(min=0, help="Took at least this long.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at the most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before (see --json).")] = None,
) -> None:
    """List executions, newest first."""
    if status is not None and status not in _STATUSES:
        raise CommandFailed(f"--status is one of {', '.join(_STATUSES)}.", ExitCode.USAGE)
    wanted = {
        "namespace": namespace, "kind": kind, "artifact_kind": artifact_kind, "artifact_name": artifact,
        "version": version, "label": label, "model": model, "actor": actor, "text": text, "status": status,
        "since": _utc(since), "until": _utc(until), "min_latency_ms": min_latency_ms,
    }  # fmt: skip
    page = _page(wanted, limit, cursor)
    rows = [_row(item) for item in page["items"]]
    empty = "No executions fit: run a prompt or ask a question first."
    output.emit(page, output.table(_COLUMNS, rows, empty=empty, whole=_WHOLE))


@commands.command()
def show(execution_id: Annotated[str, typer.Argument(metavar="ID", help="From `execution list`.")]) -> None:
    """Show facts, tokens and latencies of one execution, its content, and a waterfall of its spans."""
    found = Api().get(f"/executions/{Api.quote(execution_id)}")
    output.emit(found, lambda console: _render(console, found))


def _page(wanted: dict[str, Any], limit: int, cursor: str | None) -> dict[str, Any]:
    """Return one page; a search for text reads so many executions a request, and goes on until it is full."""
    api = Api()
    page: dict[str, Any] = api.get("/executions", **wanted, limit=limit, cursor=cursor)
    while wanted["text"] and page["next_cursor"] and len(page["items"]) < limit:
        left = limit - len(page["items"])
        more: dict[str, Any] = api.get("/executions", **wanted, limit=left, cursor=page["next_cursor"])
        page = {**more, "items": [*page["items"], *more["items"]]}
    return page


def _utc(value: datetime | None) -> str | None:
    return None if value is None else f"{value.isoformat()}Z"


def _row(item: dict[str, Any]) -> tuple[Any, ...]:
    return (
        item["id"], _moment(item["created_at"]), _what(item), _ending(item), _tokens(item),
        _milliseconds(item["latency_total_ms"]),
        _ERASED if item["excerpt"] is None else output.harmless(item["excerpt"]),
    )  # fmt: skip


def _render(console: Console, found: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for name, value in _facts(found):
        if value:
            facts.add_row(name, Text(value))
    console.print(facts)
    for title, content in (("Inputs", found["inputs"]), ("Output", found["output"])):
        console.print(f"\n[bold]{title}[/bold]")
        console.print(Text(_content(content)))
    if found["spans"]:
        console.print("\n[bold]Spans[/bold]")
        console.print(_waterfall(found["spans"]))


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    model: dict[str, Any] = found["model"] or {}
    artifact: dict[str, Any] = found["artifact"] or {}
    error = f"{found['error_code']}: {found['error_message']}" if found["error_code"] else ""
    cost = "" if found["cost_usd"] is None else f"{found['cost_usd']:.6f} USD"
    first, total = _milliseconds(found["latency_first_token_ms"]), _milliseconds(found["latency_total_ms"])
    return [
        ("Execution", found["id"]),
        ("Status", " ".join(filter(None, [found["status"], found["finish_reason"] and f"({found['finish_reason']})"]))),
        ("Error", error),
        ("Kind", found["kind"]),
        ("Namespace", found["namespace"]),
        ("Version", _version(found)),
        ("Version digest", artifact.get("digest") or ""),
        ("Lock digest", artifact.get("lock_digest") or ""),
        ("Model", f"{model['provider']} {model['model']}" if model else ""),
        ("Model digest", model.get("digest") or ""),
        ("Weights", model.get("weights_digest") or ""),
        ("Parameters", ", ".join(f"{name}={value}" for name, value in found["parameters"].items())),
        ("Seed", "" if found["seed"] is None else str(found["seed"])),
        ("Started", _moment(found["created_at"])),
        ("Latency", f"{total} in total" + (f", {first} to the first token" if first else "") if total else ""),
        ("Tokens", _tokens(found) + (f" ({found['cached_tokens']} from cache)" if found["cached_tokens"] else "")),
        ("Cost", cost),
        ("Sources", "\n".join(found["sources"])),
        ("Parent", found["parent_id"] or ""),
        ("Trace", found["trace_id"] or ""),
    ]


def _content(content: dict[str, Any]) -> str:
    import json

    if content["state"] == "erased":
        return f"erased; commitment {content['commitment']}"
    if content["state"] == "none":
        return "none"
    value = content["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return output.harmless(text)


def _waterfall(spans: list[dict[str, Any]]) -> Text:
    """Draw one line a span: its name by depth, a bar where it lies in the trace, its duration."""
    from rich.text import Text

    placed = _placed(spans)
    origin = min(start for _, _, start in placed)
    whole = max(start + span["duration_ms"] for span, _, start in placed) - origin or 1.0
    width = max(len(span["name"]) + 2 * depth for span, depth, _ in placed)
    drawn = Text()
    for span, depth, start in placed:
        left = min(round((start - origin) / whole * _BAR_WIDTH), _BAR_WIDTH - 1)
        length = max(1, min(round(span["duration_ms"] / whole * _BAR_WIDTH), _BAR_WIDTH - left))
        failed = span["status"] == "error"
        drawn.append(f"{'  ' * depth + span['name']:<{width}}  ")
        drawn.append(" " * left + "█" * length + " " * (_BAR_WIDTH - left - length), style="red" if failed else "cyan")
        drawn.append(f"  {_milliseconds(span['duration_ms'])}")
        drawn.append(f"  failed: {span['attributes'].get('error.type', '')}\n" if failed else "\n")
    drawn.rstrip()
    return drawn


def _placed(spans: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int, float]]:
    """Return (span, depth, start in ms) with each span after its parent; one whose parent is not there is a root."""
    ids = {span["span_id"] for span in spans}
    children: dict[str | None, list[dict[str, Any]]] = {}
    for span in spans:
        parent = span["parent_span_id"] if span["parent_span_id"] in ids else None
        children.setdefault(parent, []).append(span)
    placed: list[tuple[dict[str, Any], int, float]] = []
    waiting = [(span, 0) for span in reversed(children.get(None, []))]
    while waiting:
        span, depth = waiting.pop()
        placed.append((span, depth, datetime.fromisoformat(span["started_at"]).timestamp() * 1000))
        waiting.extend((child, depth + 1) for child in reversed(children.get(span["span_id"], [])))
    return placed


def _ending(item: dict[str, Any]) -> str:
    """Return the status, or what says more: the error, or that a question was refused."""
    refused = "refused" if item["finish_reason"] == "refused" else None
    return item["error_code"] or refused or item["status"]


def _what(item: dict[str, Any]) -> str:
    artifact = item["artifact"]
    return f"{item['kind']} {artifact['name']}/{artifact['number']}" if artifact else item["kind"]


def _version(item: dict[str, Any]) -> str:
    artifact = item["artifact"]
    return f"{artifact['kind']} {artifact['name']}/{artifact['number']}" if artifact else ""


def _tokens(item: dict[str, Any]) -> str:
    read, written = item["input_tokens"], item["output_tokens"]
    return "" if read is None and written is None else f"{read or 0} in, {written or 0} out"


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.1f} ms"


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S")
