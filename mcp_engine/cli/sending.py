"""Taking prompts to other systems: what goes there, what is there already, and where labels point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_engine.cli.failures import CommandFailed
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.transfer import Report, unreadable

if TYPE_CHECKING:
    from mcp_engine.exchange.mlflow_prompts import MlflowVersion
    from mcp_engine.exchange.mlflow_registry import MlflowRegistry
    from mcp_engine.exchange.parcel import Parcel, ParcelPrompt


class MlflowSender:
    """Registers prompts in MLflow; a version that says the same is found there instead."""

    def __init__(self, registry: MlflowRegistry, report: Report) -> None:
        self._registry = registry
        self._report = report

    def run(self, parcel: Parcel, *, skip_faulty: bool) -> None:
        """Send everything, and show what was done.

        Raises:
            CommandFailed: something has no words in MLflow, and nothing was sent; or MLflow failed on the way.
        """
        from mcp_engine.errors import EngineError
        from mcp_engine.exchange.mlflow_prompts import alias_of, from_version

        wanted = [
            (
                prompt,
                [(one.number, from_version(one, parcel)) for one in prompt.versions],
                [(alias_of(prompt.name, one.label, parcel), one.number) for one in prompt.releases],
            )
            for prompt in parcel.prompts
        ]
        self._report.take(parcel.remarks, leave_faults=skip_faulty)
        self._report.refuse_faults("--skip-faulty")
        try:
            with progress_bar("Exporting", len(wanted)) as advance:
                for prompt, versions, aliases in wanted:
                    self._send(
                        prompt,
                        {number: version for number, version in versions if version is not None},
                        {alias: number for alias, number in aliases if alias is not None},
                    )
                    advance()
        except EngineError as error:
            raise self._report.stopped(unreadable(error)) from error
        self._report.emit()

    def _send(self, prompt: ParcelPrompt, versions: dict[int, MlflowVersion], aliases: dict[str, int]) -> None:
        there: dict[int, MlflowVersion] = {}
        pointing: dict[str, int] = {}
        exists = self._registry.exists(prompt.name)
        if exists:
            there, pointing = self._registry.versions(prompt.name)
        numbers = {version.identity: number for number, version in there.items()}
        if versions and not exists and not self._report.dry_run:
            self._registry.create(prompt.name)
        theirs: dict[int, int] = {}
        for number, version in versions.items():
            found = numbers.get(version.identity)
            if found is None and not self._report.dry_run:
                theirs[number] = numbers[version.identity] = self._registry.add(prompt.name, version)
            else:
                theirs[number] = found or number
            told = "" if theirs[number] == number else f"It is version {theirs[number]} there."
            self._report.add(f"prompt {prompt.name}/{number}", "made" if found is None else "there already", told)
        self._point(prompt.name, {alias: theirs[at] for alias, at in aliases.items() if at in theirs}, pointing)

    def _point(self, name: str, aliases: dict[str, int], pointing: dict[str, int]) -> None:
        for alias, number in aliases.items():
            if pointing.get(alias) == number:
                continue
            if not self._report.dry_run:
                self._registry.point(name, alias, number)
            self._report.add(f"alias {name}@{alias}", "moved", f"to version {number}")


def opened(uri: str | None) -> MlflowRegistry:
    """Return the registry at `uri`, or at `MLFLOW_TRACKING_URI`.

    Raises:
        CommandFailed: neither names one, or it can't be opened.
    """
    import os

    from mcp_engine.cli.failures import ExitCode
    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.mlflow_registry import MlflowRegistry

    named = uri or os.environ.get("MLFLOW_TRACKING_URI")
    if not named:
        raise CommandFailed("Say where MLflow is: --tracking-uri, or MLFLOW_TRACKING_URI.", ExitCode.USAGE)
    try:
        return MlflowRegistry(named)
    except EngineError as error:
        raise unreadable(error) from error
