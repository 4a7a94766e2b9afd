"""Command groups whose every command takes `--json`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from mcp_engine.cli import output
from mcp_engine.cli.failures import CommandFailed, ExitCode

Function = TypeVar("Function", bound=Callable[..., Any])

_JSON = inspect.Parameter(
    "as_json",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--json", help="Print pure JSON on standard output.")],
)

_SENTENCE = 500
"""Characters; no first sentence of a help is longer."""


class CommandGroup:
    """A group of commands, as the core and every component contribute them.

    `typer` is the underlying application. The signature of a function becomes the command's
    options as in typer; `--json` is added to each and switches `mcp_engine.cli.output`.
    """

    def __init__(self, help: str | None = None, *, name: str | None = None) -> None:  # noqa: A002 - typer's own word
        # Plain help: rich's would import a Markdown parser and a highlighter and double the time of `--help`.
        self.typer = typer.Typer(
            name=name,
            help=help,
            cls=_Group,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
        )

    def command(self, name: str | None = None, *, hidden: bool = False) -> Callable[[Function], Function]:
        """Return the decorator that adds a function as a command; its docstring is the help."""

        def decorate(function: Function) -> Function:
            signature = inspect.signature(function, eval_str=True)

            @functools.wraps(function)
            def run(*arguments: Any, as_json: bool, **options: Any) -> Any:
                if as_json:
                    output.use_json()
                try:
                    return function(*arguments, **options)
                except BrokenPipeError:
                    output.reader_gone()

            with_json = signature.replace(parameters=[*signature.parameters.values(), _JSON])
            run.__signature__ = with_json  # type: ignore[attr-defined]
            run.__annotations__ = {key: value.annotation for key, value in with_json.parameters.items()}
            self.typer.command(name, hidden=hidden)(run)
            return function

        return decorate

    def add_group(self, name: str, group: CommandGroup) -> None:
        """Mount `group` under `name`; the name "" adds its commands beside the others."""
        if name:
            self.typer.add_typer(group.typer, name=name)
        else:
            self.typer.add_typer(group.typer)


class _Group(TyperGroup):
    """Wrong usage ends in a `CommandFailed` like every other failure, so that all errors read alike.

    The list of commands says the whole first sentence of each, on as many lines as it takes.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=_SENTENCE))
                    for name, command in found
                    if command and not command.hidden
                ]
            )

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(ExitCode.USAGE)
        with _told_as_our_own():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _told_as_our_own():
            return super().invoke(ctx)


@contextmanager
def _told_as_our_own() -> Generator[None]:
    try:
        yield
    except typer.TyperException as error:
        message = error.format_message()
        context = getattr(error, "ctx", None)
        hint = f" See `{context.command_path} --help`." if context else ""
        stop = "" if message.endswith((".", "?")) else "."
        raise CommandFailed(f"{message}{stop}{hint}", ExitCode(error.exit_code)) from error
