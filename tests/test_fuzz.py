"""Requests that nobody meant, made up from the OpenAPI document and sent to a real server.

Whatever comes in, the answer is a documented status with a documented body: no 5xx, no surprise. First
with everything made up, then with paths that name objects that exist, so that requests get further. The
run is the same each time; `MCP_ENGINE_FUZZ_EXAMPLES=200` makes it a longer one. `restore` gets bytes that
are no backup, runs get at most four tokens; only the live log is left out (`ENDLESS`).
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis import Case, CheckContext, Response
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

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("MCP_ENGINE_FUZZ_EXAMPLES", "3"))
ENDLESS = "/api/v1/logs/stream"
"""Its answers go on for ten minutes; its parameters are those of the list of log lines."""
UPSTREAM = {502, 503, 504}
"""What a route may answer for a model server behind it: one that documents a 502."""
DOCUMENT = create_app(Services(), Settings(), installed_components()).openapi()


@schemathesis.check
def no_fault(_: CheckContext, response: Response, case: Case) -> None:
    """A 5xx is a defect, but for the documented failure of a model server."""
    allowed = UPSTREAM if "502" in case.operation.definition.raw["responses"] else ()
    assert response.status_code < 500 or response.status_code in allowed, response.text


CHECKS = [
    no_fault,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
RELAXED = hypothesis.settings(
    deadline=None, derandomize=True, max_examples=EXAMPLES, database=None,
    suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)  # fmt: skip


def load(*, coverage: bool) -> schemathesis.BaseSchema:
    """Return the document to make requests from; `coverage` adds the boundaries of every parameter and method."""
    schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(path=ENDLESS)
    schema.config.generation.update(max_examples=EXAMPLES, deterministic=True, no_shrink=True, database="none")
    schema.config.phases.coverage.enabled = coverage
    return schema


anything = load(coverage=True)
aimed = load(coverage=False)


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false"})
    try:
        engine.start()
        yield engine
    finally:
        engine.remove()


@pytest.fixture(scope="module")
def server(engine: EngineProcess) -> dict[str, Any]:
    """What a call needs: the address, and a key that is not held back."""
    key = engine.json("key", "create", "fuzz", "--rate", "10000", "--burst", "100000")["api_key"]
    return {"base_url": engine.url, "headers": {"Authorization": f"Bearer {key}"}}


@anything.parametrize()
@RELAXED
def test_any_request_gets_a_documented_answer(case: Case, server: dict[str, Any]) -> None:
    case.call_and_validate(**server, checks=CHECKS)


class Objects:
    """Makes objects when a path first names their kind; each test has its own, for requests may remove them."""

    def __init__(self, server: dict[str, Any]) -> None:
        self._http = httpx.Client(base_url=f"{server['base_url']}/api/v1", headers=server["headers"], timeout=120)
        self._found: dict[str, str] = {}
        self._makers: dict[str, Callable[[], str]] = {
            "artifacts": lambda: "prompt",
            "{kind}": self._prompt,
            "prompts": self._prompt,
            "labels": lambda: "production",
            "versions": lambda: "1",
            "capabilities": lambda: "rag.search",
            "collections": lambda: self._document()["collection"],
            "documents": lambda: self._document()["id"],
            "jobs": lambda: self._added()["job_id"],
            "executions": self._execution,
            "proofs": self._execution,
            "keys": lambda: self._made("/keys", {"name": "object"})["id"],
            "principals": lambda: self._made("/principals", {"kind": "machine", "name": "m", "role": "viewer"})["id"],
            "providers": lambda: self._made("/providers", {"name": "p", "base_url": "http://127.0.0.1:9/v1"})["name"],
        }

    def values(self, path: str) -> dict[str, str]:
        """Return a value for each parameter of `path` whose kind is known; the others stay made up."""
        pairs = [pair for pair in itertools.pairwise(path.split("/")) if pair[1].startswith("{")]
        for kind, _ in pairs:
            if kind in self._makers and kind not in self._found:
                self._found[kind] = self._makers[kind]()
        return {part[1:-1]: self._found[kind] for kind, part in pairs if kind in self._found}

    def close(self) -> None:
        self._http.close()

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if "name" in body:
            body = {**body, "name": f"{body['name']}-{time.monotonic_ns()}"}
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def _prompt(self) -> str:
        body = {"template": "Say {{ word }}.", "parameters": {"max_tokens": 4}}
        return self._made("/prompts", {"name": "known", "body": body, "labels": ["production"]})["name"]

    def _execution(self) -> str:
        return self._made(f"/prompts/{self._prompt()}/run", {"variables": {"word": "hello"}})["execution_id"]

    def _added(self) -> dict[str, Any]:
        name = f"known-{time.monotonic_ns()}"
        files = {"file": ("tides.txt", b"The tide at the pier rises two metres in six hours.", "text/plain")}
        answer = self._http.post(f"/collections/{name}/documents", files=files)
        assert answer.is_success, answer.text
        return answer.json()

    def _document(self) -> dict[str, Any]:
        """Add a document and wait until it can be searched."""
        added = self._added()
        deadline = time.monotonic() + 120
        while self._http.get(f"/jobs/{added['job_id']}").json()["state"] != "succeeded":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return added["document"]


@pytest.fixture
def objects(server: dict[str, Any]) -> Iterator[Objects]:
    objects = Objects(server)
    yield objects
    objects.close()


@aimed.include(path_regex=r"\{").parametrize()
@RELAXED
def test_a_request_about_an_object_gets_a_documented_answer(
    case: Case, server: dict[str, Any], objects: Objects
) -> None:
    case.path_parameters.update(objects.values(case.operation.path))
    case.query.pop("namespace", None)
    if case.operation.path.endswith("/run") and isinstance(case.body, dict):
        case.body.update(parameters={"max_tokens": 4}, variables={"word": "hello"})
    case.call_and_validate(**server, checks=CHECKS)
