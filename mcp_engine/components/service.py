"""Calling capabilities: scopes first, then the schema, then the call in a span of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcp_engine.access import Caller
from mcp_engine.components.capability import Capability
from mcp_engine.errors import NotFound
from mcp_engine.json_schemas import check_schema, check_value
from mcp_engine.telemetry import gen_ai, tracing

_tracer = tracing.tracer(__name__)


class CapabilityService:
    """Every capability that the installed components contribute, by name.

    Raises:
        ValueError: two capabilities share a name.
        InvalidInput: `schema.invalid` for a schema that is not JSON Schema 2020-12.
    """

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self._capabilities: dict[str, Capability] = {}
        for capability in capabilities:
            if capability.name in self._capabilities:
                raise ValueError(f"two capabilities are named {capability.name!r}")
            check_schema(capability.input_schema, what=f"the input schema of {capability.name}")
            check_schema(capability.output_schema, what=f"the output schema of {capability.name}")
            self._capabilities[capability.name] = capability

    def list(self) -> list[Capability]:
        return [self._capabilities[name] for name in sorted(self._capabilities)]

    def get(self, name: str) -> Capability:
        """Return one capability, or raise `NotFound` naming those that exist."""
        try:
            return self._capabilities[name]
        except KeyError:
            known = ", ".join(sorted(self._capabilities)) or "none"
            raise NotFound(
                "capability.not_found", f"No capability is named {name[:100]!r}; there are: {known}."
            ) from None

    async def call(self, caller: Caller, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a capability for `caller`.

        Raises:
            NotFound: `capability.not_found`.
            NotAllowed: `access.scope_missing`.
            InvalidInput: `capability.arguments_invalid`, naming the member that does not fit.
        """
        capability = self.get(name)
        for scope in sorted(capability.scopes):
            caller.require(scope)
        what = f"The set of arguments of {name}"
        check_value(capability.input_schema, dict(arguments), code="capability.arguments_invalid", what=what)
        span, attributes = gen_ai.tool_span(name)
        with tracing.span(_tracer, span, attributes=attributes):
            return await capability.call(caller, arguments)
