"""After the load: is everything there that was acknowledged, exactly as it was?"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.soak.calls import Client
from tests.soak.ledger import DocumentRecord, Ledger, PromptRecord

INDEXING_SECONDS = 600.0


async def losses(client: Client, ledger: Ledger) -> list[str]:
    """Return what differs from what was acknowledged, a line each."""
    found: list[str] = []
    for prompt in ledger.prompts.values():
        found += await _prompt_losses(client, prompt)
    for execution_id, output in ledger.runs.items():
        kept = await client.call("check", "GET", f"/executions/{execution_id}")
        if (kept["status"], kept["output"]["value"]) != ("succeeded", output):
            found.append(f"run {execution_id} was acknowledged with {output!r} and is {kept['status']}")
    for execution_id in ledger.asks:
        kept = await client.call("check", "GET", f"/executions/{execution_id}")
        if kept["status"] != "succeeded":
            found.append(f"ask {execution_id} was acknowledged and is {kept['status']}")
    await _indexed(client, ledger)
    for document in ledger.documents.values():
        found += await _document_losses(client, document)
    return found


async def _prompt_losses(client: Client, record: PromptRecord) -> list[str]:
    found: list[str] = []
    path = f"/prompts/{record.name}"
    digests = {version["number"]: version["digest"] for version in await _all(client, f"{path}/versions")}
    found += [
        f"{record.name} version {number} is {digests.get(number)}, not {digest}"
        for number, digest in record.digests.items()
        if digests.get(number) != digest
    ]
    if sorted(digests) != list(range(1, len(digests) + 1)):
        found.append(f"{record.name} has the numbers {sorted(digests)}")
    for label, number in record.labels.items():
        now = await client.call("check", "GET", path, params={"label": label})
        if now["number"] != number:
            found.append(f"{record.name}@{label} points at {now['number']}, not {number}")
    history = [(move["label"], move["to_number"]) for move in await _all(client, f"{path}/labels/history")][::-1]
    if history != without_repeats(record.moves):
        found.append(f"the label history of {record.name} is not what was acknowledged")
    return found


def without_repeats(moves: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Moving a label to where it points already is acknowledged, and no move."""
    now: dict[str, int] = {}
    kept: list[tuple[str, int]] = []
    for label, number in moves:
        if now.get(label) != number:
            kept.append((label, number))
        now[label] = number
    return kept


async def _indexed(client: Client, ledger: Ledger) -> None:
    """Wait until no job waits or runs."""
    deadline = time.monotonic() + INDEXING_SECONDS
    for state in ("queued", "running"):
        while (await client.call("check", "GET", "/jobs", params={"state": state, "limit": 1}))["items"]:
            if time.monotonic() > deadline:
                return  # the documents that are not indexed are named one by one
            await asyncio.sleep(1)


async def _document_losses(client: Client, record: DocumentRecord) -> list[str]:
    place = f"{record.collection}/{record.name}"
    kept = await client.call("check", "GET", f"/documents/{record.id}")
    latest = kept["latest"]
    if (latest["number"], latest["state"]) != (record.version, "indexed"):
        return [f"{place} is version {latest['number']} ({latest['state']}), not {record.version} (indexed)"]
    request = {"query": f"depth of the {record.token}", "limit": 5}
    answer = await client.call("check", "POST", f"/collections/{record.collection}/search", json=request)
    texts = [passage["text"] for passage in answer["passages"]]
    return [] if any(record.token in text.split() for text in texts) else [f"{place}: {record.token} is not found"]


async def _all(client: Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        page = await client.call("check", "GET", path, params=params)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
