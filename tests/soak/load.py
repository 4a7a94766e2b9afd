"""What the clients do: push, label, run, ask, index; each on prompts and a collection of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tests.soak.calls import Client, Unacknowledged
from tests.soak.ledger import DocumentRecord, Ledger, PromptRecord

PROMPTS_PER_CLIENT = 3
DOCUMENTS_PER_CLIENT = 200
LABELS = ("production", "staging", "canary")
NUMBER_WORDS = "zero one two three four five six seven eight nine".split()
FILLER = "The keeper writes the height of the tide and the direction of the wind into the book each morning. "


class Visitor:
    """One client's mixed load, until it is told to stop."""

    def __init__(self, number: int, client: Client, ledger: Ledger, pause_seconds: float) -> None:
        self._number = number
        self._client = client
        self._random = client.random
        self._ledger = ledger
        self._pause_seconds = pause_seconds
        self._collection = f"soak-{number}"
        self._count = 0

    async def visit(self, stop: asyncio.Event) -> None:
        weighted: list[Callable[[], Awaitable[None]]] = [
            *[self._push] * 3, *[self._label] * 3, *[self._run] * 2, *[self._index] * 3, *[self._ask] * 2,
        ]  # fmt: skip
        while not stop.is_set():
            # Counted where it happened; what was not acknowledged is not in the ledger.
            with contextlib.suppress(Unacknowledged):
                await self._random.choice(weighted)()
            await asyncio.sleep(self._random.uniform(0, 2 * self._pause_seconds))

    async def _push(self) -> None:
        self._count += 1
        name = f"soak-{self._number}-{self._random.randrange(PROMPTS_PER_CLIENT)}"
        record = self._ledger.prompts.get(name, PromptRecord(name))
        body = {"template": f"Wording {self._count}: say {{{{ word }}}}.", "parameters": {"max_tokens": 6}}
        new = {"name": name, "body": body, "message": f"wording {self._count}"}
        pushed = await self._client.call("push", "POST", "/prompts", json=new)
        record.digests[pushed["number"]] = pushed["digest"]
        self._ledger.prompts[name] = record

    async def _label(self) -> None:
        record = self._some_prompt()
        if record is None:
            return
        label, number = self._random.choice(LABELS), self._random.choice(list(record.digests))
        path = f"/prompts/{record.name}/labels/{label}"
        await self._client.call("label", "PUT", path, json={"version": number, "reason": "soak"})
        record.moves.append((label, number))

    async def _run(self) -> None:
        record = self._some_prompt()
        if record is None:
            return
        wanted = {"variables": {"word": self._random.choice(NUMBER_WORDS)}, "version": max(record.digests)}
        ended = await self._client.call("run", "POST", f"/prompts/{record.name}/run", json=wanted)
        self._ledger.runs[ended["execution_id"]] = ended["output"]

    async def _index(self) -> None:
        self._count += 1
        name = f"log-{self._random.randrange(DOCUMENTS_PER_CLIENT):03}.txt"
        token = f"buoy{self._number}x{self._count}"
        text = f"The {token} lies at a depth of {self._count} fathoms.\n\n{FILLER * 8}"
        added = await self._client.call(
            "index", "POST", f"/collections/{self._collection}/documents",
            files={"file": (name, text.encode(), "text/plain")},
        )  # fmt: skip
        document = added["document"]
        self._ledger.documents[self._collection, name] = DocumentRecord(
            self._collection, name, document["id"], document["latest"]["number"], token
        )

    async def _ask(self) -> None:
        mine = [record for record in self._ledger.documents.values() if record.collection == self._collection]
        if not mine:
            return
        question = f"At what depth lies the {self._random.choice(mine).token}?"
        request = {"collection": self._collection, "question": question}
        answer = await self._client.call("ask", "POST", "/ask", json=request)
        self._ledger.asks[answer["execution_id"]] = answer["text"]

    def _some_prompt(self) -> PromptRecord | None:
        mine = [record for name, record in self._ledger.prompts.items() if name.startswith(f"soak-{self._number}-")]
        return self._random.choice(mine) if mine else None
