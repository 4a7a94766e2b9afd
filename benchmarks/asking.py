"""Collections filled over HTTP, searched and asked over HTTP, as any caller does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from benchmarks.harness.engine import Engine, EngineFailed
from benchmarks.ingestion import upload, wait_for_jobs
from benchmarks.question_sets import QuestionSet

ALWAYS = "always"
"""A strategy that refuses nothing: the answer that would be given, and its confidence."""
WRITTEN = "written"
"""A strategy that refuses nothing, whose answers the local model writes."""
_PARAMETERS = {"max_tokens": 160, "temperature": 0, "seed": 7}
_TEMPLATE = """Answer from the sentences alone, in their own words. After each of yours write the number of its source.

Sentences:
[1] The ferry to Hollen leaves at nine, and the crossing takes two hours.
[2] Tickets are sold on board.
Question: How does one get to Hollen?
Answer: The ferry to Hollen leaves at nine. [1] Tickets are sold on board. [2]

Sentences:
{{ sentences }}
Question: {{ question }}
Answer:"""


class Client:
    """One caller of an engine."""

    def __init__(self, engine: Engine) -> None:
        headers = {"Authorization": f"Bearer {engine.key}"}
        self._http = httpx.Client(base_url=f"{engine.url}/api/v1", headers=headers, timeout=300)

    def fill(self, questions: QuestionSet) -> None:
        """Add every document of a set as plain text, and wait until all can be searched."""
        self.add(questions.name, questions.documents)

    def add(self, collection: str, documents: Mapping[str, str]) -> None:
        """Add documents as plain text, and wait until all can be searched."""
        jobs = [upload(self._http, collection, name, text.encode(), "text/plain") for name, text in documents.items()]
        wait_for_jobs(self._http, jobs)

    def set_always(self) -> None:
        self._push("rag_strategy", ALWAYS, {"answering": {"threshold": 0}})

    def set_written(self) -> None:
        """Add a strategy that refuses nothing and lets the local model write."""
        self._push("prompt", WRITTEN, {"type": "text", "template": _TEMPLATE, "parameters": _PARAMETERS})
        composing = {"kind": "prose", "prompt": WRITTEN}
        self._push("rag_strategy", WRITTEN, {"answering": {"threshold": 0}, "composing": composing})

    def search(self, collection: str, question: str, limit: int) -> list[dict[str, Any]]:
        """Return passages, best first."""
        found = self._post(f"/collections/{collection}/search", {"query": question, "limit": limit})
        return list(found["passages"])

    def ask(self, collection: str, question: str, strategy: str, document: str | None = None) -> dict[str, Any]:
        """Return the answer of a collection, or of one of its documents."""
        body: dict[str, Any] = {"question": question, "collection": collection, "strategy": strategy}
        if document is not None:
            body["filters"] = {"documents": [document]}
        return dict(self._post("/ask", body))

    def _push(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        self._post(f"/artifacts/{kind}/{name}", {"body": body, "message": "Benchmark"})

    def audit_kinds(self) -> Counter[str]:
        """Return how many entries of each kind the audit log holds."""
        kinds: Counter[str] = Counter()
        cursor = ""
        while cursor is not None:
            page = self._get(f"/audit/entries?limit=200{cursor and f'&cursor={quote(cursor)}'}")
            kinds.update(entry["kind"] for entry in page["items"])
            cursor = page["next_cursor"]
        return kinds

    def text(self, document_id: str, number: int, start: int, end: int) -> str:
        """Return a piece of a stored version."""
        found = self._get(f"/documents/{document_id}/versions/{number}/text?start={start}&end={end}")
        return str(found["text"])

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str) -> Any:
        return _checked(self._http.get(path))

    def _post(self, path: str, body: Any) -> Any:
        return _checked(self._http.post(path, json=body))


def _checked(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise EngineFailed(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}"
        )
    return answer.json()
