"""Each operation documents the failures that its kind of request can meet, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.server.app import create_app
from mcp_engine.services import Services

DOCUMENT = create_app(Services(), Settings(), installed_components()).openapi()


def responses(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]["responses"]
    return found


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/api/v1/me", "200 400 401 403 429 500 503"),
        ("get", "/api/v1/models", "200 400 401 403 422 429 500 503"),
        ("get", "/api/v1/jobs/{job_id}", "200 400 401 403 404 422 429 500 503"),
        ("post", "/api/v1/keys", "201 400 401 403 404 409 413 422 429 500 503"),
        ("post", "/api/v1/prompts/{name}/run", "200 400 401 403 404 409 410 413 422 429 500 502 503 504"),
        ("get", "/metrics", "200 401 403 429 503"),
        ("get", "/healthz", "200"),
    ],
)
def test_an_operation_documents_what_it_can_answer(method: str, path: str, expected: str) -> None:
    assert " ".join(sorted(responses(method, path))) == expected


def test_every_failure_is_a_problem_document() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method in item:
            for status, response in responses(method, path).items():
                if int(status) >= 400:
                    schema = {"$ref": "#/components/schemas/Problem"}
                    assert response["content"] == {"application/problem+json": {"schema": schema}}, (path, status)
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
