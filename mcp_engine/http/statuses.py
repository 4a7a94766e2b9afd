"""Which failures an operation of the OpenAPI document may answer with, as far as its shape tells."""

from __future__ import annotations

from typing import Any

from mcp_engine.http.problems import Problem, documented

_METHODS = {"get", "put", "post", "delete", "patch"}
_PAGING = {"limit", "cursor"}
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
"""Its shapes of a 422, which nothing here answers with."""


def document_problems(document: dict[str, Any], prefix: str) -> None:
    """Add to each operation below `prefix` the failures that its kind of request can meet.

    What an operation declares itself stays as it is: content that was erased (410), formats (415) and
    models (502, 504) are known to its own route only.
    """
    for path, item in document["paths"].items():
        if path.startswith(prefix):
            for method in _METHODS & item.keys():
                _add(item[method], method)
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    schemas[Problem.__name__] = Problem.model_json_schema()
    document["components"]["schemas"] = dict(sorted(schemas.items()))


def _add(operation: dict[str, Any], method: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    if _FASTAPIS_OWN[0] in str(responses.get("422")):
        del responses["422"]
    for status, response in documented(*_possible(operation, method)).items():
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))


def _possible(operation: dict[str, Any], method: str) -> set[int]:
    named = {parameter["name"] for parameter in operation.get("parameters", [])}
    has_body = "requestBody" in operation
    found = {400, 500, 503}  # a host that is not trusted, a fault, a database that does not answer
    if operation.get("security"):
        found |= {401, 403, 429}
    if has_body:
        found |= {413}
    if has_body or named:
        found |= {422}
    if has_body or named - _PAGING:
        found |= {404}
    if method != "get":
        found |= {409}
    return found
