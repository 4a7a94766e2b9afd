"""Requests that nobody meant, made up from the OpenAPI document and sent to a real server.

Whatever comes in, the answer is a documented status with a documented body: no 5xx, no surprise. The
run is the same each time; `MCP_ENGINE_FUZZ_EXAMPLES` asks for a longer one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.server.app import create_app
from mcp_engine.services import Services
from tests.end_to_end.instance import EngineProcess

EXAMPLES = int(os.environ.get("MCP_ENGINE_FUZZ_EXAMPLES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]

schema = schemathesis.openapi.from_dict(create_app(Services(), Settings(), installed_components()).openapi())
schema.config.generation.update(max_examples=EXAMPLES, deterministic=True, no_shrink=True, database="none")
RELAXED = hypothesis.settings(
    deadline=None, derandomize=True, max_examples=EXAMPLES, database=None,
    suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false", "MCP_ENGINE_WORKERS": "0"})
    if os.environ.get("FUZZ_URL"):
        yield {"base_url": os.environ["FUZZ_URL"], "headers": {"Authorization": f"Bearer {os.environ['FUZZ_KEY']}"}}
        return
    engine.start()
    try:
        key = engine.json("key", "create", "fuzz", "--rate", "10000", "--burst", "100000")
        yield {"base_url": engine.url, "headers": {"Authorization": f"Bearer {key['api_key']}"}}
    finally:
        engine.remove()


@schema.parametrize()
@RELAXED
def test_any_request_gets_a_documented_answer(case: Case, server: dict[str, Any]) -> None:
    case.call_and_validate(**server, checks=CHECKS)
