"""Our own client's cached fetch, in a process of its own as its peer's."""

from __future__ import annotations

import importlib
import time
from typing import Any

from protocol import serve


def cached(url: str, key: str, name: str, label: str, calls: int) -> list[float]:
    """Return the seconds of each cached fetch."""
    client: Any = importlib.import_module("mcp_engine_client").Client(url, api_key=key)

    def fetch() -> None:
        client.get_prompt(name, label=label, cache_ttl_seconds=3600)

    for _ in range(max(10, calls // 10)):
        fetch()
    seconds: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        fetch()
        seconds.append(time.perf_counter() - began)
    return seconds


if __name__ == "__main__":
    serve({"cached": cached})
