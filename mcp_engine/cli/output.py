"""What commands print: tables for people, or pure JSON for programs; errors go to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from mcp_engine.cli.failures import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

_UNWATCHED_WIDTH = 250

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"} | {127: "␡"}


class _Mode:
    json = False


def use_json() -> None:
    _Mode.json = True


def is_json() -> bool:
    return _Mode.json


def console() -> Console:
    """Return the console of standard output, for what a person reads."""
    from rich.console import Console

    # Where nobody watches, a line is as long as it must be: folded ids are no use to grep.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _UNWATCHED_WIDTH
    made = Console(highlight=False, width=width, soft_wrap=not sys.stdout.isatty())
    made.on_broken_pipe = reader_gone
    return made


def error_console() -> Console:
    """Return the console of standard error: progress and errors, so that standard output stays pure."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def reader_gone() -> NoReturn:
    """End the process because nobody reads its output: that is neither a yes nor a no of the command."""
    # What is still buffered would fail once more when the interpreter flushes it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ExitCode.READER_GONE)


def emit(value: Any, render: Callable[[Console], None] | None = None) -> None:
    """Print `value` as JSON under `--json`, else let `render` print it for a person."""
    if is_json() or render is None:
        print_json(value)
    else:
        render(console())


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def print_json_line(value: Any) -> None:
    """Print one JSON value a line, for streams under `--json`."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def write(text: str) -> None:
    """Print a piece of streamed text as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def harmless(text: str) -> str:
    """Return a model's words with control characters shown by their pictures, so that they can't steer a terminal."""
    return text.translate(_CONTROL_PICTURES)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str, whole: Collection[str] = ()
) -> Callable[[Console], None]:
    """Return a renderer of rows under `columns`.

    Args:
        empty: says what to do when there are none.
        whole: columns whose cells are never folded: an id in two pieces can't be copied.
    """

    def render(target: Console) -> None:
        from rich.markup import escape
        from rich.table import Table

        grid = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            grid.add_column(column.upper(), overflow="fold", no_wrap=column in whole)
        count = 0
        for row in rows:
            grid.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
            count += 1
        target.print(grid if count else f"[dim]{escape(empty)}[/dim]")

    return render
