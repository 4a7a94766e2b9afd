"""What an import or export did, shown and told; and carrying a parcel into a namespace."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode, from_problem
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

    from mcp_engine.exchange.parcel import Parcel, ParcelDataset, Remark
    from mcp_engine.exchange.planning import Existing, Move, Plan, Prepared, Push

PAGE = 200
Done = Literal["made", "there already", "moved", "changed", "left out", "fault"]
_OUTCOMES: dict[str, Done] = {"changed": "changed", "left_out": "left out", "fault": "fault"}


class Entry(NamedTuple):
    """One line of what was done."""

    what: str
    outcome: Done
    why: str = ""


@dataclass(slots=True)
class Report:
    """What was made, what was there already, and what could not be brought over and why."""

    dry_run: bool = False
    entries: list[Entry] = field(default_factory=list[Entry])

    def add(self, what: str, outcome: Done, why: str = "") -> None:
        self.entries.append(Entry(what, outcome, why))

    def take(self, remarks: Iterable[Remark], *, leave_faults: bool = False) -> None:
        """Add remarks; `leave_faults` says that what is faulty was left out on purpose."""
        for remark in remarks:
            outcome = _OUTCOMES[remark.outcome]
            self.add(remark.subject, "left out" if leave_faults and outcome == "fault" else outcome, remark.why)

    def refuse_faults(self, option: str) -> None:
        """Show everything and raise if something is faulty: nothing half done is wanted then."""
        faults = sum(entry.outcome == "fault" for entry in self.entries)
        if faults:
            self.emit()
            raise CommandFailed(
                f"{faults} can't be brought over, so nothing was; correct them, or leave them out by {option}.",
                ExitCode.REFUSED,
            )

    def stopped(self, failure: CommandFailed) -> CommandFailed:
        """Show how far it came; return the failure that says so."""
        self.emit()
        message = (
            f"{failure.message.rstrip('.')}. What is listed above was done; the same command again goes on from there."
        )
        return CommandFailed(message, failure.exit_code, failure.problem)

    def emit(self) -> None:
        counts = Counter(entry.outcome for entry in self.entries)
        shown = {
            "dry_run": self.dry_run,
            "counts": {outcome.replace(" ", "_"): count for outcome, count in counts.items()},
            "items": [
                {"what": entry.what, "outcome": entry.outcome.replace(" ", "_"), "why": entry.why}
                for entry in self.entries
            ],
        }
        output.emit(shown, lambda console: self._render(console, counts))

    def _render(self, console: Console, counts: Mapping[str, int]) -> None:
        output.table(["WHAT", "OUTCOME", "WHY"], self.entries, empty="There was nothing to bring over.")(console)
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
        if self.dry_run:
            told = f"{told} (dry run: nothing was written)".strip()
        if told:
            say(console, told)


class Importer:
    """Carries a parcel into a namespace: looks at everything first, then pushes."""

    def __init__(self, api: Api, namespace: str, *, dry_run: bool, skip_faulty: bool) -> None:
        self._api = api
        self._namespace = namespace
        self._skip = skip_faulty
        self._report = Report(dry_run)

    def run(self, parcel: Parcel) -> None:
        """Bring everything over, and show what was done.

        Raises:
            CommandFailed: something is faulty, and nothing was pushed; or the server failed on the way: the report
                says how far it came, and a second run goes on there.
        """
        from mcp_engine.exchange.planning import make_plan, prepare

        prepared = prepare(parcel.prompts)
        plan = make_plan(prepared, self._existing(prepared, parcel), skip_faulty=self._skip)
        datasets = self._datasets(parcel)
        self._report.take([*parcel.remarks, *plan.remarks], leave_faults=self._skip)
        self._report.refuse_faults("--skip-faulty")
        try:
            steps = [*self._steps(plan, datasets)]
            with progress_bar("Importing", len(steps)) as advance:
                for step in steps:
                    step()
                    advance()
        except CommandFailed as failure:
            raise self._report.stopped(failure) from failure
        self._report.emit()

    def _steps(self, plan: Plan, datasets: list[tuple[ParcelDataset, int | None]]) -> Iterator[Callable[[], None]]:
        from mcp_engine.exchange.planning import Push

        for step in plan.steps:
            yield partial(self._push, step) if isinstance(step, Push) else partial(self._move, step)
        for dataset, there in datasets:
            yield partial(self._push_rows, dataset, there)

    def _existing(self, prepared: Prepared, parcel: Parcel) -> Mapping[str, Existing]:
        """Return what the namespace has under the names that matter."""
        pinning = {(prompt.name, one.label) for prompt in parcel.prompts for one in prompt.releases if one.pins}
        found: dict[str, Existing] = {}
        with progress_bar("Looking at the namespace", len(prepared.names)) as advance:
            for name in prepared.names:
                there = self._existing_prompt(name, {label for other, label in pinning if other == name})
                if there is not None:
                    found[name] = there
                advance()
        return found

    def _existing_prompt(self, name: str, pinning: set[str]) -> Existing | None:
        from mcp_engine.exchange.planning import Existing

        items = versions_of(self._api, "prompts", name, self._namespace)
        if not items:
            return None
        labels = labels_of(items)
        path = f"/prompts/{Api.quote(name)}"
        pins = {
            label: pins_of(self._api.get(path, label=label, namespace=self._namespace))
            for label in sorted(pinning & labels.keys())
        }
        return Existing({item["digest"]: item["number"] for item in items}, items[0]["number"], labels, pins)

    def _push(self, step: Push) -> None:
        version = step.version
        what = f"prompt {version.name}/{step.number}"
        if step.exists or self._report.dry_run:
            self._report.add(what, "there already" if step.exists else "made", version.message)
            return
        body = {"name": version.name, "body": dict(version.body), "message": version.message}
        pushed = self._api.post("/prompts", body, namespace=self._namespace)
        self._report.add(f"prompt {version.name}/{pushed['number']}", "made", version.message)
        if pushed["number"] != step.number:
            raise CommandFailed(
                f"{version.name!r} got version {pushed['number']} instead of {step.number}: somebody else pushes too.",
                ExitCode.REFUSED,
            )

    def _move(self, step: Move) -> None:
        if not self._report.dry_run:
            path = f"/prompts/{Api.quote(step.name)}/labels/{Api.quote(step.label)}"
            why = "Imported, until what includes it is released" if step.passing else "Imported"
            self._api.put(path, {"version": step.number, "reason": why}, namespace=self._namespace)
        told = f"to version {step.number}" + (", for a while" if step.passing else "")
        self._report.add(f"label {step.name}@{step.label}", "moved", told)

    def _datasets(self, parcel: Parcel) -> list[tuple[ParcelDataset, int | None]]:
        """Return the datasets to push, each with the number of the identical version that is there."""
        from mcp_engine.exchange.datasets import dataset_digest

        found: list[tuple[ParcelDataset, int | None]] = []
        for dataset in parcel.datasets:
            digest = dataset_digest(dataset)
            if not isinstance(digest, str):
                parcel.remarks.append(digest)
                continue
            there = versions_of(self._api, "datasets", dataset.name, self._namespace)
            found.append((dataset, next((item["number"] for item in there if item["digest"] == digest), None)))
        return found

    def _push_rows(self, dataset: ParcelDataset, there: int | None) -> None:
        number = there
        if there is not None:
            self._report.add(f"dataset {dataset.name}/{there}", "there already", dataset.message)
        elif self._report.dry_run:
            self._report.add(f"dataset {dataset.name}", "made", dataset.message)
        else:
            number = self._upload(dataset)["number"]
            self._report.add(f"dataset {dataset.name}/{number}", "made", dataset.message)
        if number is not None and number != dataset.number:
            self._report.add(dataset.subject, "changed", f"It is version {number} here.")
        for label in dataset.labels:
            if not self._report.dry_run:
                path = f"/datasets/{Api.quote(dataset.name)}/labels/{Api.quote(label)}"
                self._api.put(path, {"version": number, "reason": "Imported"}, namespace=self._namespace)
            told = "" if number is None else f"to version {number}"
            self._report.add(f"label {dataset.name}@{label} of a dataset", "moved", told)

    def _upload(self, dataset: ParcelDataset) -> dict[str, Any]:
        from mcp_engine.exchange.datasets import options_of

        with tempfile.TemporaryDirectory() as folder:
            rows = Path(folder) / "rows.jsonl"
            rows.write_bytes(dataset.lines)
            fields = {"options": json.dumps(options_of(dataset))}
            return self._api.upload("/datasets/upload", rows, name=rows.name, fields=fields, namespace=self._namespace)


def unreadable(error: Exception) -> CommandFailed:
    """Return the failure of a source that can't be read at all."""
    from mcp_engine.errors import EngineError

    if isinstance(error, EngineError):
        return from_problem({"status": error.status, "code": error.code, "detail": error.message, **error.details})
    return CommandFailed(f"It can't be read: {error}.", ExitCode.USAGE)


def write_text(file: Path, text: str, report: Report) -> None:
    """Write a file anew, unless this is a dry run."""
    there = file.is_file() and file.read_bytes() == text.encode()
    try:
        if not (there or report.dry_run):
            file.write_bytes(text.encode())
    except OSError as error:
        raise CommandFailed(f"{file} can't be written: {error.strerror}.", ExitCode.USAGE) from error
    report.add(str(file), "there already" if there else "made")


def versions_of(api: Api, collection: str, name: str, namespace: str) -> list[dict[str, Any]]:
    """Return every version of a prompt or dataset, newest first; none when there is no such name."""
    try:
        return list(every(api, f"/{collection}/{Api.quote(name)}/versions", namespace=namespace))
    except CommandFailed as failure:
        if (failure.problem or {}).get("code") == f"{collection.removesuffix('s')}.not_found":
            return []
        raise


def every(api: Api, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages of a list."""
    cursor: str | None = None
    while True:
        page = api.get(path, limit=PAGE, cursor=cursor, **query)
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def labels_of(versions: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return where the labels point, by name; `latest` is computed and none of them."""
    pairs = ((label, item["number"]) for item in versions for label in item["labels"] if label != "latest")
    return dict(sorted(pairs))


def pins_of(found: Mapping[str, Any]) -> dict[str, int]:
    """Return what the lock of a version pins by labels: numbers say themselves what they mean."""
    return {one["reference"]: one["number"] for one in found["includes"] if "@" in one["reference"]}
