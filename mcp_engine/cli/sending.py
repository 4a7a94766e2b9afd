"""Taking prompts to other systems: what goes there, what is there already, and where labels point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.transfer import Report, unreadable, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcp_engine.exchange.langfuse import Payload
    from mcp_engine.exchange.langfuse_api import LangfuseApi
    from mcp_engine.exchange.mlflow_prompts import MlflowVersion
    from mcp_engine.exchange.mlflow_registry import MlflowRegistry
    from mcp_engine.exchange.parcel import Parcel, ParcelPrompt, ParcelVersion
    from mcp_engine.exchange.planning import Existing, Move, Plan, Prepared, Push


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


class LangfuseSender:
    """Stores prompts in Langfuse; a version that says the same is found there instead."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._payloads: dict[str, Payload] = {}

    def to_file(self, parcel: Parcel, file: Path, *, skip_faulty: bool) -> None:
        """Write what `POST /api/public/v2/prompts` takes, in an order that it can be posted in."""
        import json

        plan = self._plan(parcel, self._prepared(parcel), {}, skip_faulty=skip_faulty)
        versions = [step.version for step in _pushes(plan)]
        written = [self._payloads[one.subject] for one in versions]
        for one in versions:
            self._report.add(f"prompt {one.subject}", "made")
        write_text(file, json.dumps(written, ensure_ascii=False, indent=2) + "\n", self._report)
        self._report.emit()

    def to_server(self, parcel: Parcel, api: LangfuseApi, *, skip_faulty: bool) -> None:
        """Send everything, and show what was done.

        Raises:
            CommandFailed: something has no words in Langfuse, and nothing was sent; or Langfuse failed on the way.
        """
        from mcp_engine.errors import EngineError
        from mcp_engine.exchange.langfuse import existing_of, identity

        prepared = self._prepared(parcel)
        digests = {identity(self._payloads[subject]): form.digest for subject, form in prepared.forms.items()}
        try:
            found = {name: api.versions(name) for name in prepared.names}
            there = {name: existing_of(versions, digests) for name, versions in found.items() if versions}
            plan = self._plan(parcel, prepared, there, skip_faulty=skip_faulty)
            with progress_bar("Exporting", len(plan.steps)) as advance:
                for step in plan.steps:
                    self._take(step, api)
                    advance()
        except EngineError as error:
            raise self._report.stopped(unreadable(error)) from error
        self._report.emit()

    def _prepared(self, parcel: Parcel) -> Prepared:
        """Return the prompts that Langfuse has words for, and keep what creates each version."""
        from mcp_engine.exchange.langfuse import payload_of
        from mcp_engine.exchange.planning import prepare

        prompts: list[ParcelPrompt] = []
        for prompt in parcel.prompts:
            tagged = any(one.body.get("tags") for one in prompt.versions)
            kept: list[ParcelVersion] = []
            for one in prompt.versions:
                labels = [release.label for release in prompt.releases if release.number == one.number]
                payload = payload_of(one, labels, tagged=tagged, parcel=parcel)
                if payload is not None:
                    self._payloads[one.subject] = payload
                    kept.append(one)
            # Langfuse looks up what a label means at each use: it pins nothing.
            releases = tuple(replace(release, pins={}) for release in prompt.releases)
            prompts.append(replace(prompt, versions=tuple(kept), releases=releases))
        return prepare(prompts)

    def _plan(self, parcel: Parcel, prepared: Prepared, existing: Mapping[str, Existing], *, skip_faulty: bool) -> Plan:
        from mcp_engine.exchange.planning import make_plan

        plan = make_plan(prepared, existing, skip_faulty=skip_faulty, place="there")
        self._report.take([*parcel.remarks, *plan.remarks], leave_faults=skip_faulty)
        self._report.refuse_faults("--skip-faulty")
        return plan

    def _take(self, step: Push | Move, api: LangfuseApi) -> None:
        from mcp_engine.exchange.planning import Move

        if isinstance(step, Move):
            if not self._report.dry_run:
                api.label(step.name, step.number, step.label)
            self._report.add(f"label {step.name}@{step.label}", "moved", f"to version {step.number}")
            return
        what = f"prompt {step.version.name}/{step.number}"
        if step.exists or self._report.dry_run:
            self._report.add(what, "there already" if step.exists else "made")
            return
        number = api.create({**self._payloads[step.version.subject], "labels": []})
        self._report.add(f"prompt {step.version.name}/{number}", "made")
        if number != step.number:
            raise self._report.stopped(
                CommandFailed(f"{what} became version {number}: somebody else writes there too.", ExitCode.REFUSED)
            )


def _pushes(plan: Plan) -> Iterator[Push]:
    from mcp_engine.exchange.planning import Push

    return (step for step in plan.steps if isinstance(step, Push))


def opened(uri: str | None) -> MlflowRegistry:
    """Return the registry at `uri`, or at `MLFLOW_TRACKING_URI`.

    Raises:
        CommandFailed: neither names one, or it can't be opened.
    """
    import os

    from mcp_engine.errors import EngineError
    from mcp_engine.exchange.mlflow_registry import MlflowRegistry

    named = uri or os.environ.get("MLFLOW_TRACKING_URI")
    if not named:
        raise CommandFailed("Say where MLflow is: --tracking-uri, or MLFLOW_TRACKING_URI.", ExitCode.USAGE)
    try:
        return MlflowRegistry(named)
    except EngineError as error:
        raise unreadable(error) from error
