"""Wrong usage of the command line: one form of message, the documented exit code."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

tools = CommandGroup("Tools.")
app = CommandGroup("All.", name="engine")


@tools.command()
def cut(count: int, deep: bool = False) -> None:
    """Cut something that is so long that no line of a terminal could ever hold it together with its name.

    Never more than once.
    """


@tools.command("list")
def list_tools() -> None:
    """List tools."""
    raise typer.Exit(ExitCode.FAILED)


app.add_group("tool", tools)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tool", "cut"], "Missing argument"),
        (["tool", "cut", "many"], "Invalid value for 'count'"),
        (["tool", "cut", "1", "--wide"], "No such option: --wide"),
        (["tool", "cutt"], "Did you mean 'cut'? See `engine tool --help`."),
        (["--odd"], "No such option: --odd. See `engine --help`."),
    ],
)
def test_wrong_usage_fails_as_all_commands_do(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app.typer, arguments, prog_name="engine")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code is ExitCode.USAGE
    assert said in result.exception.message
    assert result.exception.message.endswith("--help`.")


@pytest.mark.parametrize("arguments", [[], ["tool"]])
def test_a_group_alone_shows_its_help(arguments: list[str]) -> None:
    result = CliRunner().invoke(app.typer, arguments, prog_name="engine")
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    assert "Usage:" in result.stderr


def test_a_command_ends_with_its_own_code() -> None:
    assert CliRunner().invoke(app.typer, ["tool", "list"], prog_name="engine").exit_code == ExitCode.FAILED


def test_a_list_of_commands_says_whole_sentences() -> None:
    shown = " ".join(CliRunner().invoke(app.typer, ["tool", "--help"], prog_name="engine").output.split())
    assert "no line of a terminal could ever hold it together with its name. list" in shown
    assert "Never more" not in shown
