"""What graphs, agents and MCP clients may do with documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from mcp_engine.access import Caller
from mcp_engine.components.capability import Effect
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE
from rag.asking import AskService
from rag.schemas import Answer, SearchResult
from rag.service import DocumentService
from rag.strategy import Filters

_FILTERS: Final = Filters.model_json_schema()
_DEFINITIONS: Final = _FILTERS.pop("$defs")
"""What the schema of filters refers to; references start at the root of the whole."""
_PLACE: Final = {
    "collection": {"type": "string", "description": "The collection to look in."},
    "namespace": {"type": "string", "default": DEFAULT_NAMESPACE},
    "filters": _FILTERS,
}


def _input(properties: Mapping[str, Any], required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**properties, **_PLACE},
        "required": [required, "collection"],
        "additionalProperties": False,
        "$defs": _DEFINITIONS,
    }


def _filters(arguments: Mapping[str, Any]) -> Filters | None:
    """Return the filters of a call.

    Raises:
        InvalidInput: `filters.invalid`.
    """
    if "filters" not in arguments:
        return None
    try:
        return Filters.model_validate(arguments["filters"])
    except ValidationError as error:
        raise InvalidInput("filters.invalid", f"Correct the filters: {faults_of(error)}") from error


def _follows(arguments: Mapping[str, Any]) -> UUID | None:
    """Return the answer that a question goes on from.

    Raises:
        InvalidInput: `ask.follows_invalid`.
    """
    if "follows" not in arguments:
        return None
    try:
        return UUID(arguments["follows"])
    except ValueError as error:
        raise InvalidInput("ask.follows_invalid", "`follows` is the `execution_id` of an answer.") from error


class Ask:
    """`rag.ask`: an extractive answer with checked citations, or a refusal."""

    name = "rag.ask"
    description = (
        "Answer a question from a document collection with verbatim, checked citations; refuses when the documents "
        "do not support an answer."
    )
    input_schema: Mapping[str, Any] = _input(
        {
            "question": {"type": "string", "minLength": 1},
            "strategy": {"type": "string", "default": "default", "description": "NAME, NAME@label or NAME/version."},
            "follows": {
                "type": "string",
                "format": "uuid",
                "description": "The `execution_id` of an answer that this question goes on from.",
            },
        },
        "question",
    )
    output_schema: Mapping[str, Any] = Answer.model_json_schema()
    scopes = frozenset({"ask"})
    # It records an execution: harmless to repeat, but not without a trace.
    effect: Effect = "write"
    cost = 0.0

    def __init__(self, asking: AskService) -> None:
        self._asking = asking

    async def call(self, caller: Caller, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = await self._asking.answer(
            caller,
            arguments.get("namespace", DEFAULT_NAMESPACE),
            arguments["collection"],
            arguments["question"],
            arguments.get("strategy", "default"),
            filters=_filters(arguments),
            follows=_follows(arguments),
        )
        return answer.model_dump(mode="json")


class Search:
    """`rag.search`: passages, by meaning and by words."""

    name = "rag.search"
    description = "Find passages in a document collection, by meaning and by words, with exact offsets."
    input_schema: Mapping[str, Any] = _input(
        {
            "query": {"type": "string", "minLength": 1},
            "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        },
        "query",
    )
    output_schema: Mapping[str, Any] = SearchResult.model_json_schema()
    scopes = frozenset({"documents:read"})
    effect: Effect = "read"
    cost = 0.0

    def __init__(self, documents: DocumentService) -> None:
        self._documents = documents

    async def call(self, caller: Caller, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        passages = await self._documents.search(
            caller,
            arguments.get("namespace", DEFAULT_NAMESPACE),
            arguments["collection"],
            arguments["query"],
            arguments.get("limit", 10),
            _filters(arguments),
        )
        return SearchResult(passages=passages).model_dump(mode="json")
