"""`mcp-engine ci`: do the prompts that a branch changed hold up against the released ones?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

commands = CommandGroup()
SETTINGS = Path("mcp-engine.ci.yaml")


@commands.command("ci")
def check(
    base: Annotated[str, typer.Option(help="The branch that is merged into.")] = "main",
    settings: Annotated[Path, typer.Option(help="What is checked on which rows.")] = SETTINGS,
    markdown: Annotated[Path | None, typer.Option(help="Write the report here too, for a pull request.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report here.")] = None,
) -> None:
    """Evaluate the prompt files that a git branch changed against their released versions; exit 1 if one fails."""
    from dataclasses import asdict

    from mcp_engine.cli.checks import reports
    from mcp_engine.cli.checks.changes import changed_files
    from mcp_engine.cli.checks.running import check_branch, failed
    from mcp_engine.cli.checks.settings import read_settings

    wanted = read_settings(settings)
    branch = changed_files(base, wanted.files)
    errors = output.error_console()
    found = check_branch(Api(), branch, wanted, lambda text: errors.print(f"  … {text}", markup=False))
    text = reports.markdown(branch, found)
    for path, report in ((markdown, text), (junit, reports.junit(found))):
        if path is not None:
            path.write_text(report)
    shown = {"commit": branch.commit, "base": branch.base, "checks": [asdict(one) for one in found]}
    output.emit(shown, lambda console: console.print(text, markup=False))
    if failed(found):
        count = sum(one.state in ("failed", "broken") for one in found)
        raise CommandFailed(f"{count} of {len(found)} checks failed.", ExitCode.FAILED)
