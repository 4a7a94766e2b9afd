"""`mcp-engine prompt`: push, look at, compare, release and run prompts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mcp_engine.cli import output
from mcp_engine.cli.artifacts import (
    After,
    Before,
    Cursor,
    EarlierRelease,
    Label,
    Limit,
    Number,
    OnlyLabel,
    Override,
    Reason,
    diff_versions,
    list_moves,
    list_versions,
    release,
    roll_back,
)
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.references import (
    Namespace,
    Reference,
    choice_of,
    json_value,
    moment,
    named_values,
    path_of,
    pointers,
    say,
    shown_labels,
)

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Prompts: versions that never change, labels with a history, runs on record.")

MAX_FILE_BYTES = 4 * 1024 * 1024
Variables = Annotated[
    list[str] | None, typer.Option("--var", help="A variable as name=value; name:=JSON for other than text.")
]
VariableFile = Annotated[
    Path | None, typer.Option("--var-file", help="Variables as one JSON object; --var goes before it.")
]
StoredExecution = Annotated[
    str | None, typer.Option("--execution", help="Take the variables of this stored run instead.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The prompt's name.")]


@commands.command()
def push(
    file: Annotated[Path, typer.Argument(help="A template with YAML front matter, or a body as .yaml or .json.")],
    message: Annotated[str, typer.Option("--message", "-m", help="What changed and why.")] = "",
    name: Annotated[str | None, typer.Option(help="Instead of the name in the file, or the file's own.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Point this label at the version; repeat it.")] = None,
    namespace: Namespace = "default",
) -> None:
    """Store a file as the next version; an identical version that exists is found instead."""
    from mcp_engine.errors import EngineError
    from mcp_engine.prompts.files import read_prompt

    try:
        prompt = read_prompt(file.name, _content(file))
    except EngineError as error:
        problem = {"status": error.status, "code": error.code, "detail": error.message, **error.details}
        raise CommandFailed(error.message, ExitCode.REFUSED, problem) from error
    chosen = prompt.name if name is None else name
    body = {"name": chosen, "body": prompt.body, "message": message, "labels": label or []}
    try:
        pushed = Api().post("/prompts", body, namespace=namespace)
    except CommandFailed as failure:
        raise _in_file(failure, file, prompt.lines_above) from failure
    verb = "Pushed" if pushed["created"] else "Unchanged: this is"
    labels = shown_labels(pushed["labels"])
    output.emit(
        pushed,
        lambda console: say(console, f"{verb} {pushed['name']}/{pushed['number']} {labels} {pushed['digest'][:12]}"),
    )


def _in_file(failure: CommandFailed, file: Path, lines_above: int) -> CommandFailed:
    """Add to a fault of the template where it stands in the file: the server knows nothing of the front matter."""
    problem = failure.problem or {}
    line = problem.get("line")
    if not lines_above or not isinstance(line, int):
        return failure
    message = f"{failure.message} (The template's line {line} is line {line + lines_above} of {file.name}.)"
    return CommandFailed(message, failure.exit_code, {**problem, "file_line": line + lines_above})


@commands.command()
def get(reference: Reference, namespace: Namespace = "default") -> None:
    """Show a version: the latest, that of a label, or that of a number."""
    found = Api().get(path_of("prompts", reference), **choice_of(reference), namespace=namespace)
    output.emit(found, lambda console: _render_version(console, found))


@commands.command("list")
def list_prompts(
    prefix: Annotated[str, typer.Option(help="Only names that begin so.")] = "",
    text: Annotated[str, typer.Option(help="Only names or descriptions that hold this text.")] = "",
    tag: Annotated[str | None, typer.Option(help="Only prompts with this tag.")] = None,
    label: Annotated[str | None, typer.Option(help="Only prompts that have this label.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    namespace: Namespace = "default",
) -> None:
    """List prompts with their latest version and where their labels point."""
    page = Api().get(
        "/prompts", prefix=prefix, text=text, tag=tag, label=label, limit=limit, cursor=cursor, namespace=namespace
    )
    rows = [
        (
            item["name"], item["latest"], pointers(item), " ".join(item["tags"]), moment(item["updated_at"]),
            item["description"],
        )
        for item in page["items"]
    ]  # fmt: skip
    columns = ["NAME", "LATEST", "LABELS", "TAGS", "UPDATED", "DESCRIPTION"]
    output.emit(page, output.table(columns, rows, empty="No prompts: push a file by `prompt push FILE -m MESSAGE`."))


@commands.command()
def versions(name: Name, limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default") -> None:
    """List the versions of a prompt, newest first."""
    list_versions(_path(name), limit=limit, cursor=cursor, namespace=namespace)


@commands.command()
def diff(name: Name, before: Before, after: After, namespace: Namespace = "default") -> None:
    """Show what changed between two versions: the text line by line, and every setting."""
    diff_versions(_path(name), before, after, namespace=namespace)


@commands.command()
def label(
    name: Name,
    version: Number,
    label: Label,
    reason: Reason = "",
    override: Override = False,
    namespace: Namespace = "default",
) -> None:
    """Release a version under a label; the move is kept in the history and the audit log."""
    release(_path(name), name, version, label, reason=reason, override=override, namespace=namespace)


@commands.command()
def rollback(
    name: Name,
    label: Label = "production",
    version: EarlierRelease = None,
    reason: Reason = "",
    namespace: Namespace = "default",
) -> None:
    """Point a label again at an earlier release, with the lock of that time; no gate is asked."""
    roll_back(_path(name), name, label, version=version, reason=reason, namespace=namespace)


@commands.command()
def history(
    name: Name, label: OnlyLabel = None, limit: Limit = 50, cursor: Cursor = None, namespace: Namespace = "default"
) -> None:
    """List the moves of a prompt's labels, newest first."""
    list_moves(f"{_path(name)}/labels/history", label=label, limit=limit, cursor=cursor, namespace=namespace)


def _path(name: str) -> str:
    return f"/prompts/{Api.quote(name)}"


@commands.command()
def impact(
    name: Name,
    label: Annotated[str | None, typer.Option(help="With --version: as if this label moved there.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="With --label: the version it would point at.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    namespace: Namespace = "default",
) -> None:
    """List the releases that include a version of a prompt, and what a move of its label would mean for them."""
    path = f"/prompts/{Api.quote(name)}/impact"
    page = Api().get(path, label=label, version=version, limit=limit, cursor=cursor, namespace=namespace)
    rows = [
        (
            f"{item['kind']}:{item['name']}@{item['label']}",
            item["number"],
            item["reference"],
            item["pinned_number"],
            item["would_pin"] or "",
        )
        for item in page["items"]
    ]
    headings = ["RELEASE", "VERSION", "INCLUDES", "PINS", "NEXT RELEASE PINS"]
    output.emit(page, output.table(headings, rows, empty="No release includes this prompt."))


@commands.command()
def render(
    reference: Reference,
    var: Variables = None,
    var_file: VariableFile = None,
    execution: StoredExecution = None,
    namespace: Namespace = "default",
) -> None:
    """Print the messages that a run would send, with new variables or those of a stored run."""
    body = {**choice_of(reference), **_values(var, var_file, execution)}
    found = Api().post(f"{path_of('prompts', reference)}/render", body, namespace=namespace)
    output.emit(found, lambda console: _render_messages(console, found["messages"]))


@commands.command()
def run(
    reference: Reference,
    var: Variables = None,
    var_file: VariableFile = None,
    execution: StoredExecution = None,
    model: Annotated[str | None, typer.Option(help="Another model than the version's.")] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Print the text as it comes.")] = False,
    unit: Annotated[
        str | None, typer.Option(help="Who always gets the same arm of an experiment on the label, such as a user.")
    ] = None,
    namespace: Namespace = "default",
) -> None:
    """Run a version on a model and print its output."""
    body: dict[str, Any] = {**choice_of(reference), **_values(var, var_file, execution), "stream": stream}
    body |= {"model": model} if model is not None else {}
    body |= {"unit_id": unit} if unit is not None else {}
    path = f"{path_of('prompts', reference)}/run"
    if stream:
        completed = _stream(path, body, namespace)
    else:
        completed = Api().post(path, body, namespace=namespace)
        if not output.is_json():
            output.write(_written(completed["output"]) + "\n")
    if output.is_json():
        (output.print_json_line if stream else output.print_json)(completed)
    else:
        output.error_console().print(_footer(completed), style="dim", markup=False)


def _stream(path: str, body: dict[str, Any], namespace: str) -> dict[str, Any]:
    for event, data in Api().stream("POST", path, body, namespace=namespace):
        if event == "completed":
            if not output.is_json():
                output.write("\n")
            return data
        if output.is_json():
            output.print_json_line({"event": event, **data})
        else:
            output.write(_written(data["text"]))
    raise CommandFailed("The stream ended before the run did; see `execution list`.", ExitCode.SERVER_FAILED)


def _values(pairs: list[str] | None, file: Path | None, execution: str | None) -> dict[str, Any]:
    if execution is None:
        return {"variables": _variables(pairs or [], file)}
    if pairs or file:
        raise CommandFailed("Give --execution or variables, not both.", ExitCode.USAGE)
    return {"execution_id": execution}


def _variables(pairs: list[str], file: Path | None) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    if file is not None:
        loaded = json_value(_content(file).decode("utf-8", "replace"), str(file))
        if not isinstance(loaded, dict):
            raise CommandFailed(f"{file} must hold one JSON object.", ExitCode.USAGE)
        variables.update(cast("dict[str, Any]", loaded))
    return variables | named_values(pairs, "--var")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandFailed(f"{file} can't be read: {error.strerror}.", ExitCode.USAGE) from error
    if len(content) > MAX_FILE_BYTES:
        raise CommandFailed(
            f"{file} is larger than {MAX_FILE_BYTES:,} bytes; a prompt holds 1,048,576 at most.", ExitCode.REFUSED
        )
    return content


def _written(text: str) -> str:
    """Return a model's words as they may go to standard output: exact into a file, harmless to a terminal."""
    return output.harmless(text) if sys.stdout.isatty() else text


def _render_version(console: Console, found: dict[str, Any]) -> None:
    body = found["body"]
    say(console, f"{found['name']}/{found['number']} {shown_labels(found['labels'])} {found['digest']}")
    if found["message"]:
        say(console, found["message"])
    for key in ("description", "tags", "model", "parameters", "variables", "tools", "output_schema"):
        if body.get(key) is not None:
            value = body[key]
            say(console, f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for one in found["includes"]:
        say(console, f"includes {one['reference']}: version {one['number']} {one['digest'][:12]}")
    _render_messages(console, body.get("messages") or [{"role": "template", "content": body.get("template", "")}])


def _render_messages(console: Console, messages: list[dict[str, str]]) -> None:
    for message in messages:
        console.rule(message["role"], align="left", style="dim")
        say(console, message["content"])


def _footer(completed: dict[str, Any]) -> str:
    usage = completed["usage"]
    cost = "" if completed["cost_usd"] is None else f" · ${completed['cost_usd']:.4f}"
    tokens = f"{usage['input_tokens']}+{usage['output_tokens']} tokens"
    seconds = f"{completed['latency_total_ms'] / 1000:.2f} s"
    reason = completed["finish_reason"]
    ending = "length: cut off at the limit of tokens" if reason == "length" else reason
    return (
        f"version {completed['number']} · {completed['model']} · {tokens} · {seconds}{cost} · "
        f"{ending} · execution {completed['execution_id']}"
    )
