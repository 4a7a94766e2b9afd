"""Collections filled over HTTP, searched and asked over HTTP, as any caller does it."""

from __future__ import annotations

from typing import Any

import httpx

from benchmarks.harness.engine import Engine, EngineFailed
from benchmarks.ingestion import upload, wait_for_jobs
from benchmarks.question_sets import QuestionSet

ALWAYS = "always"
"""A strategy that refuses nothing: the answer that would be given, and its confidence."""


class Client:
    """One caller of an engine."""

    def __init__(self, engine: Engine) -> None:
        headers = {"Authorization": f"Bearer {engine.key}"}
        self._http = httpx.Client(base_url=f"{engine.url}/api/v1", headers=headers, timeout=300)

    def fill(self, questions: QuestionSet) -> None:
        """Add every document as plain text, and wait until all can be searched."""
        wait_for_jobs(
            self._http,
            [
                upload(self._http, questions.name, name, text.encode(), "text/plain")
                for name, text in questions.documents.items()
            ],
        )

    def set_always(self) -> None:
        body = {"body": {"answering": {"threshold": 0}}, "message": "Refuse nothing"}
        self._post(f"/artifacts/rag_strategy/{ALWAYS}", body)

    def search(self, collection: str, question: str, limit: int) -> list[dict[str, Any]]:
        """Return passages, best first."""
        found = self._post(f"/collections/{collection}/search", {"query": question, "limit": limit})
        return list(found["passages"])

    def ask(self, collection: str, question: str, strategy: str) -> dict[str, Any]:
        body = {"question": question, "collection": collection, "strategy": strategy}
        return dict(self._post("/ask", body))

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
