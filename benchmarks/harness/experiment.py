"""A running experiment on a prompt of two versions, for benchmarks of experiments."""

from __future__ import annotations

from typing import Any

from benchmarks.harness.engine import Engine

PROMPT, LABEL, EXPERIMENT, METRIC = "greeting", "production", "wording", "helpful"
BASE_RATE = 0.6


def start_experiment(engine: Engine, *, kind: str = "binary") -> dict[str, Any]:
    """Push two versions and split the label's traffic evenly; return the experiment."""
    for number in (1, 2):
        body = {"template": f"Wording {number} for {{{{ name }}}}."}
        labels = [LABEL] if number == 1 else []
        engine.call("POST", "/prompts", {"name": PROMPT, "body": body, "labels": labels})
    metric = {"name": METRIC, "kind": kind, "direction": "higher"}
    arms = [{"name": f"wording-{number}", "version": number, "weight": 0.5} for number in (1, 2)]
    wanted = {"name": EXPERIMENT, "artifact": PROMPT, "label": LABEL, "arms": arms, "metrics": [metric]}
    started: dict[str, Any] = engine.call("POST", "/experiments", wanted)
    return started
