"""How a release that somebody asked for is shown: each requirement with its verdict, who approved, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_engine.cli.references import say

if TYPE_CHECKING:
    from rich.console import Console

_MARKS = {"passed": "✓", "failed": "✗", "not_looked": "–", "pending": "…"}
"""Of verdicts; the sentence after it says the same."""
_WITH_COMMAND = ("prompt", "dataset")
_STATES = {
    "evaluating": "the evidence is being gathered",
    "failed": "the evidence does not carry it",
    "waiting": "waits for what is missing",
    "ready": "everything is there",
    "released": "released",
    "rejected": "rejected",
    "stale": "what it was asked for has changed since; ask again",
}


def target(found: dict[str, Any]) -> str:
    """Return what shall move where: `greet@production to version 2`."""
    kind = "" if found["kind"] == "prompt" else f"{found['kind']}:"
    return f"{kind}{found['name']}@{found['label']} to version {found['version']}"


def render(console: Console, found: dict[str, Any]) -> None:
    """Print a request; of sealed rows there is nothing but the verdict."""
    say(console, f"{found['id']}  {target(found)}: {_STATES[found['state']]}.")
    for gate in found["gates"]:
        compared = "" if found["baseline_version"] is None else f", compared with version {found['baseline_version']}"
        say(console, f"Gate {gate['gate']}/{gate['number']}{compared}:")
        for one in gate["requirements"]:
            say(console, f"  {_MARKS[one['verdict']]} {one['statement']}")
    if found["approvals_needed"] or found["approvals"]:
        say(console, f"Approvals: {found['approvals_granted']} of {found['approvals_needed']}.")
    for one in found["approvals"]:
        said = f": {one['comment']}" if one["comment"] else "."
        say(console, f"  - {one['actor_name']} {'approved' if one['approved'] else 'rejected it'}{said}")
    if found["missing"]:
        say(console, "Missing:")
    for one in found["missing"]:
        say(console, f"  - {one['gate']}: {one['message']}")
    step = _next_step(found)
    if step:
        say(console, step)


def _next_step(found: dict[str, Any]) -> str:
    if found["state"] == "ready":
        kind, name, label = found["kind"], found["name"], found["label"]
        if kind in _WITH_COMMAND:
            return f"Release it: mcp-engine {kind} label {name} {found['version']} {label}"
        return f"Release it in the dashboard, or by PUT /api/v1/artifacts/{kind}/{name}/labels/{label}."
    if any(one["code"] == "gate.approvals_missing" for one in found["missing"]):
        return f"Others approve it: mcp-engine gate approve {found['id']}"
    return ""
