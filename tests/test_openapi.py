"""The committed OpenAPI document is the one that the code serves."""

from __future__ import annotations

from pathlib import Path

from mcp_engine.server.openapi import document

COMMITTED = Path(__file__).parents[1] / "openapi.json"


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text() == document(), "run `make openapi` and commit openapi.json"
