"""A capability: one governed action that MCP clients call, graphs run as a node and agents use as a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from mcp_engine.access import Caller

Effect = Literal["read", "write", "external"]


class Capability(Protocol):
    """What one capability promises.

    `input_schema` and `output_schema` are JSON Schemas (2020-12) of objects. `scopes` are checked
    before each call, and the arguments are validated, so `call` sees only what fits both; what it
    answers is validated too, and refused when it breaks the promise. `effect`
    says whether a repeat is harmless: `read` changes nothing, `write` changes the engine's own
    data in one transaction, `external` reaches something outside that can't be rolled back. `cost`
    is an estimate in US dollars a call, 0 for local work.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    scopes: frozenset[str]
    effect: Effect
    cost: float

    async def call(self, caller: Caller, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run once for `caller`; raises an `EngineError` when it can't."""
        ...
