"""MLflow's prompt registry through its own client."""

from __future__ import annotations

import importlib
import time
from typing import Any

from protocol import serve


def register(url: str, name: str, label: str, template: str) -> dict[str, Any]:
    """Register a prompt and point an alias at it."""
    mlflow = _mlflow(url)
    prompt = mlflow.genai.register_prompt(name=name, template=template)
    mlflow.genai.set_prompt_alias(name, alias=label, version=prompt.version)
    return {"version": prompt.version}


def cached(url: str, uri: str, calls: int) -> list[float]:
    """Return the seconds of each cached fetch."""
    mlflow = _mlflow(url)
    mlflow.genai.load_prompt(uri, cache_ttl_seconds=3600)
    return timed(lambda: mlflow.genai.load_prompt(uri, cache_ttl_seconds=3600), calls)


def timed(call: Any, calls: int) -> list[float]:
    for _ in range(max(10, calls // 10)):
        call()
    seconds: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return seconds


def _mlflow(url: str) -> Any:
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    return mlflow


if __name__ == "__main__":
    serve({"register": register, "cached": cached})
