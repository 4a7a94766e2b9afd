"""Start-up progress in a terminal: a spinner for the step in hand, a line with its time when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from mcp_engine.cli.output import error_console


class TerminalProgress:
    """Writes to standard error; where that is no terminal, one plain line a step."""

    def __init__(self) -> None:
        self._console = error_console()

    @contextmanager
    def step(self, title: str) -> Generator[Callable[[str], None]]:
        from rich.markup import escape

        started = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"  … {title}", markup=False)
            yield _unseen
        else:
            with self._console.status(escape(title)) as status:
                yield lambda text: status.update(escape(f"{title}: {text}"))
        seconds = time.monotonic() - started
        self._console.print(f"  [green]✓[/green] {escape(title)} [dim]{seconds:.1f} s[/dim]")

    def say(self, text: str) -> None:
        # Not folded: a key with a line break in it could not be copied.
        self._console.print(text, markup=False, soft_wrap=True)


def _unseen(_detail: str) -> None:
    """Drop a detail: it would fill a log with lines that only a spinner can overwrite."""


@contextmanager
def progress_bar(title: str, total: int) -> Generator[Callable[[], None]]:
    """Show how many of `total` steps are done while a person watches; what is yielded counts one."""
    console = error_console()
    if not console.is_terminal:
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
