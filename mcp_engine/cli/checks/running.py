"""Push what changed, run it and its baseline on the same rows, and say what that shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mcp_engine.cli.checks.changes import Branch
from mcp_engine.cli.checks.settings import Check, CheckSettings
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.following import ended
from mcp_engine.errors import EngineError
from mcp_engine.prompts.files import PromptFile, read_prompt

State = Literal["passed", "failed", "skipped", "broken"]


@dataclass(slots=True)
class Checked:
    """One changed prompt on the rows of one check."""

    file: str
    prompt: str
    dataset: str
    state: State
    reason: str
    version: int | None = None
    baseline: int | None = None
    seconds: float = 0.0
    differences: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    metrics: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    evaluations: list[str] = field(default_factory=list[str])


def check_branch(api: Api, branch: Branch, settings: CheckSettings, say: Callable[[str], None]) -> list[Checked]:
    """Check every changed file on every row set that is meant for it."""
    found: list[Checked] = []
    for file in branch.files:
        shown = file.relative_to(branch.root).as_posix()
        try:
            prompt = _read(file)
            version, baseline = _pushed(api, prompt, branch, settings)
        except CommandFailed as failure:
            if failure.exit_code is not ExitCode.REFUSED:
                raise
            found.append(Checked(shown, file.stem, "", "broken", failure.message))
            continue
        checks = [check for check in settings.checks if check.is_of(prompt.name)]
        if baseline == version or not checks:
            reason = "It is the released version." if baseline == version else "No check is meant for it."
            found.append(Checked(shown, prompt.name, "", "skipped", reason, version, baseline))
            continue
        for check in checks:
            say(f"{prompt.name}/{version} on {check.dataset}")
            began = time.monotonic()
            one = _checked(api, shown, prompt.name, version, baseline, check, settings.namespace)
            one.seconds = time.monotonic() - began
            found.append(one)
    return found


def _read(file: Path) -> PromptFile:
    try:
        return read_prompt(file.name, file.read_bytes())
    except EngineError as error:
        raise CommandFailed(error.message, ExitCode.REFUSED) from error


def _pushed(api: Api, prompt: PromptFile, branch: Branch, settings: CheckSettings) -> tuple[int, int | None]:
    """Return the version that the file is, and the released one (None before the first release)."""
    body = {"name": prompt.name, "body": prompt.body, "message": f"Checked by ci at {branch.commit}"}
    pushed = api.post("/prompts", body, namespace=settings.namespace)
    listed = api.get("/prompts", prefix=prompt.name, limit=200, namespace=settings.namespace)["items"]
    labels: list[dict[str, int]] = [one["labels"] for one in listed if one["name"] == prompt.name]
    return pushed["number"], labels[0].get(settings.baseline)


def _checked(
    api: Api, file: str, prompt: str, version: int, baseline: int | None, check: Check, namespace: str
) -> Checked:
    """Evaluate the version, and the baseline where there is one; a check that can't be made is broken, not passed."""
    one = Checked(file, prompt, check.dataset, "passed", "", version, baseline)
    try:
        numbers = [version] if baseline is None else [baseline, version]
        started = [_started(api, prompt, number, check, namespace) for number in numbers]
        done = [ended(api, evaluation) for evaluation in started]
        one.evaluations = [evaluation["id"] for evaluation in done]
        one.metrics = done[-1]["metrics"]
        if baseline is not None:
            comparison = api.get("/evaluations/comparison", evaluation=one.evaluations)
            one.differences = comparison["candidates"][0]["differences"]
    except CommandFailed as failure:
        if failure.exit_code not in (ExitCode.REFUSED, ExitCode.FAILED):
            raise
        one.state, one.reason = "broken", failure.message
        return one
    faults = [*_faults(one, check)]
    one.state = "failed" if faults else "passed"
    one.reason = " ".join(faults) or ("Nothing was released before it." if baseline is None else "")
    return one


def _started(api: Api, prompt: str, number: int, check: Check, namespace: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "subject": f"{prompt}/{number}", "dataset": check.dataset, "split": check.split, "scorers": check.scorers,
    }  # fmt: skip
    body |= {name: value for name, value in (("model", check.model), ("limit", check.limit)) if value is not None}
    found: dict[str, Any] = api.post("/evaluations", body, namespace=namespace)
    return found


def _faults(one: Checked, check: Check) -> list[str]:
    """Return why a check fails, a sentence each."""
    worse = [found["scorer"] for found in one.differences if found["verdict"] == "worse"]
    faults = [f"Worse by {', '.join(worse)}."] if worse else []
    better = any(found["verdict"] == "better" for found in one.differences)
    if check.fail_when == "not_better" and one.differences and not better:
        faults.append("No scorer shows it to be better.")
    means = {metric["scorer"]: metric["mean"] for metric in one.metrics}
    for scorer, bounds in check.bounds.items():
        if not bounds.holds(means.get(scorer)):
            mean = means.get(scorer)
            shown = "has no mean" if mean is None else f"is {mean:.4g}"
            faults.append(f"The mean of {scorer} {shown}, and must be {bounds}.")
    return faults


def failed(found: Sequence[Checked]) -> bool:
    return any(one.state in ("failed", "broken") for one in found)
